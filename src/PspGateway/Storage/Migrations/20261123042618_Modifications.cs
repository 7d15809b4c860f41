using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PspGateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Modifications : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_differences_payment_id",
                table: "differences");

            migrationBuilder.AddColumn<string>(
                name: "merchant_key",
                table: "operations",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "reconciliations",
                columns: table => new
                {
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reconciliations", x => x.payment_id);
                });

            migrationBuilder.CreateIndex(
                name: "ux_differences_open",
                table: "differences",
                columns: new[] { "payment_id", "cause" },
                unique: true,
                filter: "resolved_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_reconciliations_due",
                table: "reconciliations",
                columns: new[] { "due_at", "payment_id" },
                filter: "due_at is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "reconciliations");

            migrationBuilder.DropIndex(
                name: "ux_differences_open",
                table: "differences");

            migrationBuilder.DropColumn(
                name: "merchant_key",
                table: "operations");

            migrationBuilder.CreateIndex(
                name: "ix_differences_payment_id",
                table: "differences",
                column: "payment_id");
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PspGateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class OneOpenReversePerReference : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ux_operations_open_reverse",
                table: "operations");

            migrationBuilder.CreateIndex(
                name: "ux_operations_open_reverse",
                table: "operations",
                columns: new[] { "reverses_operation_id", "acquirer_reference" },
                unique: true,
                filter: "kind = 'Reverse' and finished_at is null")
                .Annotation("Npgsql:NullsDistinct", false);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ux_operations_open_reverse",
                table: "operations");

            migrationBuilder.CreateIndex(
                name: "ux_operations_open_reverse",
                table: "operations",
                column: "reverses_operation_id",
                unique: true,
                filter: "kind = 'Reverse' and finished_at is null");
        }
    }
}

using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PspGateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class StepUps : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_step_ups_payment_id",
                table: "step_ups");

            migrationBuilder.AlterColumn<byte[]>(
                name: "token_fingerprint",
                table: "step_ups",
                type: "bytea",
                nullable: false,
                defaultValue: new byte[0],
                oldClrType: typeof(byte[]),
                oldType: "bytea",
                oldNullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "success_url",
                table: "step_ups",
                type: "text",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "text",
                oldNullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "failure_url",
                table: "step_ups",
                type: "text",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "text",
                oldNullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "cancel_url",
                table: "step_ups",
                type: "text",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "text",
                oldNullable: true);

            migrationBuilder.AddColumn<int>(
                name: "attempts",
                table: "step_ups",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<Guid>(
                name: "authenticate_operation_id",
                table: "step_ups",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "number_fingerprint",
                table: "step_ups",
                type: "bytea",
                nullable: false,
                defaultValue: new byte[0]);

            migrationBuilder.AddColumn<byte[]>(
                name: "sealed_card",
                table: "step_ups",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "sealed_page",
                table: "step_ups",
                type: "bytea",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_step_ups_payment_id",
                table: "step_ups",
                column: "payment_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_step_ups_to_expire",
                table: "step_ups",
                column: "expires_at",
                filter: "state in ('Waiting', 'Authenticating', 'Challenged', 'Succeeded')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_step_ups_payment_id",
                table: "step_ups");

            migrationBuilder.DropIndex(
                name: "ix_step_ups_to_expire",
                table: "step_ups");

            migrationBuilder.DropColumn(
                name: "attempts",
                table: "step_ups");

            migrationBuilder.DropColumn(
                name: "authenticate_operation_id",
                table: "step_ups");

            migrationBuilder.DropColumn(
                name: "number_fingerprint",
                table: "step_ups");

            migrationBuilder.DropColumn(
                name: "sealed_card",
                table: "step_ups");

            migrationBuilder.DropColumn(
                name: "sealed_page",
                table: "step_ups");

            migrationBuilder.AlterColumn<byte[]>(
                name: "token_fingerprint",
                table: "step_ups",
                type: "bytea",
                nullable: true,
                oldClrType: typeof(byte[]),
                oldType: "bytea");

            migrationBuilder.AlterColumn<string>(
                name: "success_url",
                table: "step_ups",
                type: "text",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "text");

            migrationBuilder.AlterColumn<string>(
                name: "failure_url",
                table: "step_ups",
                type: "text",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "text");

            migrationBuilder.AlterColumn<string>(
                name: "cancel_url",
                table: "step_ups",
                type: "text",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "text");

            migrationBuilder.CreateIndex(
                name: "ix_step_ups_payment_id",
                table: "step_ups",
                column: "payment_id");
        }
    }
}

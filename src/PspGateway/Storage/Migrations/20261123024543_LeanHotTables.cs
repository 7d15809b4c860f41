using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PspGateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class LeanHotTables : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "fk_operations_payments_payment_id",
                table: "operations");

            // The model keeps the relation, for reading a payment with its events.
            migrationBuilder.DropForeignKey(
                name: "fk_payment_events_payments_payment_id",
                table: "payment_events");

            migrationBuilder.DropForeignKey(
                name: "fk_sealed_tokens_operations_operation_id",
                table: "sealed_tokens");

            migrationBuilder.DropForeignKey(
                name: "fk_sealed_tokens_vault_epochs_epoch_id",
                table: "sealed_tokens");

            migrationBuilder.DropForeignKey(
                name: "fk_status_updates_operations_operation_id",
                table: "status_updates");

            migrationBuilder.DropForeignKey(
                name: "fk_status_updates_status_batches_batch_id",
                table: "status_updates");

            migrationBuilder.DropIndex(
                name: "ix_status_updates_batch_id",
                table: "status_updates");

            migrationBuilder.DropIndex(
                name: "ix_status_updates_payment_id_created_at",
                table: "status_updates");

            migrationBuilder.DropIndex(
                name: "ix_sealed_tokens_epoch_id",
                table: "sealed_tokens");

            migrationBuilder.DropIndex(
                name: "ix_payments_to_expire",
                table: "payments");

            migrationBuilder.DropPrimaryKey(
                name: "pk_payment_events",
                table: "payment_events");

            migrationBuilder.DropIndex(
                name: "ix_payment_events_payment_id_at",
                table: "payment_events");

            migrationBuilder.DropIndex(
                name: "ux_operations_open_reverse",
                table: "operations");

            migrationBuilder.AddColumn<bool>(
                name: "awaits_approval",
                table: "payments",
                type: "boolean",
                nullable: false,
                computedColumnSql: "state in ('Created', 'Initiated')",
                stored: true);

            migrationBuilder.AddColumn<string>(
                name: "open_reversal",
                table: "operations",
                type: "text",
                nullable: true,
                computedColumnSql: "case when kind = 'Reverse' and finished_at is null then coalesce(acquirer_reference, '') end",
                stored: true);

            migrationBuilder.AddPrimaryKey(
                name: "pk_payment_events",
                table: "payment_events",
                columns: new[] { "payment_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_batch",
                table: "status_updates",
                column: "batch_id",
                filter: "sent_at is null and parked_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_open",
                table: "status_updates",
                column: "payment_id",
                filter: "sent_at is null and parked_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_payments_to_expire",
                table: "payments",
                column: "expires_at",
                filter: "awaits_approval");

            migrationBuilder.CreateIndex(
                name: "ix_operations_reverses",
                table: "operations",
                column: "reverses_operation_id",
                filter: "reverses_operation_id is not null");

            migrationBuilder.CreateIndex(
                name: "ux_operations_open_reverse",
                table: "operations",
                columns: new[] { "reverses_operation_id", "open_reversal" },
                unique: true,
                filter: "open_reversal is not null");

            // A payment is changed three times after init, each time in place while its page has room.
            migrationBuilder.Sql("alter table payments set (fillfactor = 75); alter table operations set (fillfactor = 75);");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_status_updates_batch",
                table: "status_updates");

            migrationBuilder.DropIndex(
                name: "ix_status_updates_open",
                table: "status_updates");

            migrationBuilder.DropIndex(
                name: "ix_payments_to_expire",
                table: "payments");

            migrationBuilder.DropPrimaryKey(
                name: "pk_payment_events",
                table: "payment_events");

            migrationBuilder.DropIndex(
                name: "ix_operations_reverses",
                table: "operations");

            migrationBuilder.DropIndex(
                name: "ux_operations_open_reverse",
                table: "operations");

            migrationBuilder.DropColumn(
                name: "awaits_approval",
                table: "payments");

            migrationBuilder.DropColumn(
                name: "open_reversal",
                table: "operations");

            migrationBuilder.AddPrimaryKey(
                name: "pk_payment_events",
                table: "payment_events",
                column: "id");

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_batch_id",
                table: "status_updates",
                column: "batch_id");

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_payment_id_created_at",
                table: "status_updates",
                columns: new[] { "payment_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_sealed_tokens_epoch_id",
                table: "sealed_tokens",
                column: "epoch_id");

            migrationBuilder.CreateIndex(
                name: "ix_payments_to_expire",
                table: "payments",
                column: "expires_at",
                filter: "state in ('Created', 'Initiated')");

            migrationBuilder.CreateIndex(
                name: "ix_payment_events_payment_id_at",
                table: "payment_events",
                columns: new[] { "payment_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ux_operations_open_reverse",
                table: "operations",
                columns: new[] { "reverses_operation_id", "acquirer_reference" },
                unique: true,
                filter: "kind = 'Reverse' and finished_at is null")
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.AddForeignKey(
                name: "fk_operations_payments_payment_id",
                table: "operations",
                column: "payment_id",
                principalTable: "payments",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_sealed_tokens_operations_operation_id",
                table: "sealed_tokens",
                column: "operation_id",
                principalTable: "operations",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_sealed_tokens_vault_epochs_epoch_id",
                table: "sealed_tokens",
                column: "epoch_id",
                principalTable: "vault_epochs",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_status_updates_operations_operation_id",
                table: "status_updates",
                column: "operation_id",
                principalTable: "operations",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_payment_events_payments_payment_id",
                table: "payment_events",
                column: "payment_id",
                principalTable: "payments",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_status_updates_status_batches_batch_id",
                table: "status_updates",
                column: "batch_id",
                principalTable: "status_batches",
                principalColumn: "id");
        }
    }
}

using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PspGateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "acquirer_notifications",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    psp_reference = table.Column<string>(type: "text", nullable: false),
                    event_code = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    success = table.Column<bool>(type: "boolean", nullable: false),
                    merchant_account = table.Column<string>(type: "text", nullable: false),
                    original_reference = table.Column<string>(type: "text", nullable: true),
                    merchant_reference = table.Column<string>(type: "text", nullable: false),
                    amount_minor = table.Column<long>(type: "bigint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    applied_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    verdict = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_acquirer_notifications", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "merchant_secrets",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    client_id = table.Column<string>(type: "text", nullable: false),
                    salt = table.Column<byte[]>(type: "bytea", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_merchant_secrets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "merchants",
                columns: table => new
                {
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    client_id = table.Column<string>(type: "text", nullable: false),
                    subscription_key_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    return_url_origins = table.Column<List<string>>(type: "text[]", nullable: false),
                    acquirer_account = table.Column<string>(type: "text", nullable: true),
                    accepts_credit_cards = table.Column<bool>(type: "boolean", nullable: false),
                    disabled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_merchants", x => x.merchant_serial_number);
                });

            migrationBuilder.CreateTable(
                name: "status_batches",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<long>(type: "bigint", nullable: false),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    doubtful = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_status_batches", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "token_signing_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    wrapped_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    current = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_token_signing_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "vault_epochs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    destroyed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_vault_epochs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "payments",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: false),
                    amount_minor = table.Column<long>(type: "bigint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    user_flow = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    description = table.Column<string>(type: "text", nullable: true),
                    return_url = table.Column<string>(type: "text", nullable: true),
                    return_reference = table.Column<string>(type: "text", nullable: false),
                    acquirer_account = table.Column<string>(type: "text", nullable: false),
                    sealed_phone_number = table.Column<byte[]>(type: "bytea", nullable: true),
                    metadata_json = table.Column<string>(type: "jsonb", nullable: true),
                    client_system_json = table.Column<string>(type: "jsonb", nullable: true),
                    callback_key_id = table.Column<string>(type: "text", nullable: false),
                    callback_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    callback_token_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    redirect_url = table.Column<string>(type: "text", nullable: true),
                    card_bin = table.Column<string>(type: "text", nullable: true),
                    authorise_operation_id = table.Column<Guid>(type: "uuid", nullable: true),
                    authorised_minor = table.Column<long>(type: "bigint", nullable: false),
                    captured_minor = table.Column<long>(type: "bigint", nullable: false),
                    cancelled_minor = table.Column<long>(type: "bigint", nullable: false),
                    refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_payments", x => x.id);
                    table.CheckConstraint("ck_payments_amount", "amount_minor > 0");
                    table.CheckConstraint("ck_payments_balance", "captured_minor >= 0 and cancelled_minor >= 0 and refunded_minor >= 0 and captured_minor + cancelled_minor <= authorised_minor and refunded_minor <= captured_minor");
                    table.ForeignKey(
                        name: "fk_payments_merchants_merchant_serial_number",
                        column: x => x.merchant_serial_number,
                        principalTable: "merchants",
                        principalColumn: "merchant_serial_number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "webhook_subscriptions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    url = table.Column<string>(type: "text", nullable: false),
                    events = table.Column<List<string>>(type: "text[]", nullable: false),
                    sealed_secret = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_subscriptions", x => x.id);
                    table.ForeignKey(
                        name: "fk_webhook_subscriptions_merchants_merchant_serial_number",
                        column: x => x.merchant_serial_number,
                        principalTable: "merchants",
                        principalColumn: "merchant_serial_number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "differences",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cause = table.Column<string>(type: "text", nullable: false),
                    ours_minor = table.Column<long>(type: "bigint", nullable: false),
                    theirs_minor = table.Column<long>(type: "bigint", nullable: false),
                    found_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    resolved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    resolved_by = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_differences", x => x.id);
                    table.ForeignKey(
                        name: "fk_differences_payments_payment_id",
                        column: x => x.payment_id,
                        principalTable: "payments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "idempotency_keys",
                columns: table => new
                {
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    scope = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    body_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: true),
                    operation_id = table.Column<Guid>(type: "uuid", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<long>(type: "bigint", nullable: false),
                    status_code = table.Column<int>(type: "integer", nullable: true),
                    content_type = table.Column<string>(type: "text", nullable: true),
                    response_body = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_idempotency_keys", x => new { x.merchant_serial_number, x.scope, x.key });
                    table.ForeignKey(
                        name: "fk_idempotency_keys_payments_payment_id",
                        column: x => x.payment_id,
                        principalTable: "payments",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "operations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    amount_minor = table.Column<long>(type: "bigint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: false),
                    idempotency_key = table.Column<string>(type: "text", nullable: false),
                    acquirer_reference = table.Column<string>(type: "text", nullable: true),
                    decline_reason = table.Column<string>(type: "text", nullable: true),
                    reverses_operation_id = table.Column<Guid>(type: "uuid", nullable: true),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    ladder_base = table.Column<int>(type: "integer", nullable: false),
                    ladder_started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<long>(type: "bigint", nullable: false),
                    answer_due = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    answer = table.Column<string>(type: "text", nullable: true),
                    answer_body = table.Column<byte[]>(type: "bytea", nullable: true),
                    delivered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    parked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    parked_why = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_operations", x => x.id);
                    table.ForeignKey(
                        name: "fk_operations_payments_payment_id",
                        column: x => x.payment_id,
                        principalTable: "payments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "payment_events",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    amount_minor = table.Column<long>(type: "bigint", nullable: false),
                    success = table.Column<bool>(type: "boolean", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    idempotency_key = table.Column<string>(type: "text", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_payment_events", x => x.id);
                    table.ForeignKey(
                        name: "fk_payment_events_payments_payment_id",
                        column: x => x.payment_id,
                        principalTable: "payments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "webhook_deliveries",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    subscription_id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    event_id = table.Column<Guid>(type: "uuid", nullable: false),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<long>(type: "bigint", nullable: false),
                    delivered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_status = table.Column<int>(type: "integer", nullable: true),
                    parked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_deliveries", x => x.id);
                    table.ForeignKey(
                        name: "fk_webhook_deliveries_webhook_subscriptions_subscription_id",
                        column: x => x.subscription_id,
                        principalTable: "webhook_subscriptions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "sealed_tokens",
                columns: table => new
                {
                    operation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    epoch_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sealed_tokens", x => x.operation_id);
                    table.ForeignKey(
                        name: "fk_sealed_tokens_operations_operation_id",
                        column: x => x.operation_id,
                        principalTable: "operations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_sealed_tokens_vault_epochs_epoch_id",
                        column: x => x.epoch_id,
                        principalTable: "vault_epochs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "status_updates",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    operation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    merchant_serial_number = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    success = table.Column<bool>(type: "boolean", nullable: false),
                    amount_minor = table.Column<long>(type: "bigint", nullable: false),
                    batch_id = table.Column<Guid>(type: "uuid", nullable: true),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    parked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    parked_why = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_status_updates", x => x.id);
                    table.ForeignKey(
                        name: "fk_status_updates_operations_operation_id",
                        column: x => x.operation_id,
                        principalTable: "operations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_status_updates_status_batches_batch_id",
                        column: x => x.batch_id,
                        principalTable: "status_batches",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "step_ups",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    operation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    page_reference = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    success_url = table.Column<string>(type: "text", nullable: true),
                    cancel_url = table.Column<string>(type: "text", nullable: true),
                    failure_url = table.Column<string>(type: "text", nullable: true),
                    token_fingerprint = table.Column<byte[]>(type: "bytea", nullable: true),
                    sealed_result = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_step_ups", x => x.id);
                    table.ForeignKey(
                        name: "fk_step_ups_operations_operation_id",
                        column: x => x.operation_id,
                        principalTable: "operations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_acquirer_notifications_due",
                table: "acquirer_notifications",
                columns: new[] { "due_at", "id" },
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_acquirer_notifications_merchant_reference",
                table: "acquirer_notifications",
                column: "merchant_reference");

            migrationBuilder.CreateIndex(
                name: "ix_acquirer_notifications_psp_reference_event_code_success",
                table: "acquirer_notifications",
                columns: new[] { "psp_reference", "event_code", "success" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_differences_open",
                table: "differences",
                column: "found_at",
                filter: "resolved_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_differences_payment_id",
                table: "differences",
                column: "payment_id");

            migrationBuilder.CreateIndex(
                name: "ix_idempotency_keys_created_at",
                table: "idempotency_keys",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_idempotency_keys_payment_id",
                table: "idempotency_keys",
                column: "payment_id");

            migrationBuilder.CreateIndex(
                name: "ix_merchant_secrets_client_id",
                table: "merchant_secrets",
                column: "client_id");

            migrationBuilder.CreateIndex(
                name: "ix_merchants_client_id",
                table: "merchants",
                column: "client_id");

            migrationBuilder.CreateIndex(
                name: "ix_operations_due",
                table: "operations",
                columns: new[] { "due_at", "id" },
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_operations_parked",
                table: "operations",
                column: "parked_at",
                filter: "parked_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_operations_payment_id_kind_number",
                table: "operations",
                columns: new[] { "payment_id", "kind", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_operations_reference",
                table: "operations",
                column: "reference",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ux_operations_open_reverse",
                table: "operations",
                columns: new[] { "reverses_operation_id", "acquirer_reference" },
                unique: true,
                filter: "kind = 'Reverse' and finished_at is null")
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "ix_payment_events_payment_id_at",
                table: "payment_events",
                columns: new[] { "payment_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_payments_merchant_serial_number_reference",
                table: "payments",
                columns: new[] { "merchant_serial_number", "reference" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_payments_return_reference",
                table: "payments",
                column: "return_reference",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_payments_to_expire",
                table: "payments",
                column: "expires_at",
                filter: "state in ('Created', 'Initiated')");

            migrationBuilder.CreateIndex(
                name: "ix_sealed_tokens_epoch_id",
                table: "sealed_tokens",
                column: "epoch_id");

            migrationBuilder.CreateIndex(
                name: "ix_status_batches_due",
                table: "status_batches",
                columns: new[] { "due_at", "id" },
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_batch_id",
                table: "status_updates",
                column: "batch_id");

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_due",
                table: "status_updates",
                columns: new[] { "due_at", "id" },
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_operation_id_status_success",
                table: "status_updates",
                columns: new[] { "operation_id", "status", "success" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_status_updates_payment_id_created_at",
                table: "status_updates",
                columns: new[] { "payment_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_step_ups_operation_id",
                table: "step_ups",
                column: "operation_id");

            migrationBuilder.CreateIndex(
                name: "ix_step_ups_page_reference",
                table: "step_ups",
                column: "page_reference",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_step_ups_payment_id",
                table: "step_ups",
                column: "payment_id");

            migrationBuilder.CreateIndex(
                name: "ux_token_signing_keys_current",
                table: "token_signing_keys",
                column: "current",
                unique: true,
                filter: "current");

            migrationBuilder.CreateIndex(
                name: "ix_vault_epochs_day",
                table: "vault_epochs",
                column: "day",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_due",
                table: "webhook_deliveries",
                columns: new[] { "due_at", "id" },
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_subscription_id_event_id",
                table: "webhook_deliveries",
                columns: new[] { "subscription_id", "event_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_webhook_subscriptions_merchant_serial_number",
                table: "webhook_subscriptions",
                column: "merchant_serial_number");

            // History is only appended to (invariant I10): the database itself refuses anything else.
            migrationBuilder.Sql("""
                create function refuse_to_change_history() returns trigger language plpgsql as $$
                begin
                    raise exception 'payment_events is append-only';
                end $$;
                create trigger payment_events_append_only before update or delete on payment_events
                for each row execute function refuse_to_change_history();
                """);

            // The queues' rows change several times and are then still for ever: vacuum them early, and keep room for HOT updates.
            migrationBuilder.Sql("""
                alter table operations set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
                alter table payments set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
                alter table sealed_tokens set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
                alter table status_updates set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "acquirer_notifications");

            migrationBuilder.DropTable(
                name: "differences");

            migrationBuilder.DropTable(
                name: "idempotency_keys");

            migrationBuilder.DropTable(
                name: "merchant_secrets");

            migrationBuilder.DropTable(
                name: "payment_events");

            migrationBuilder.DropTable(
                name: "sealed_tokens");

            migrationBuilder.DropTable(
                name: "status_updates");

            migrationBuilder.DropTable(
                name: "step_ups");

            migrationBuilder.DropTable(
                name: "token_signing_keys");

            migrationBuilder.DropTable(
                name: "webhook_deliveries");

            migrationBuilder.DropTable(
                name: "vault_epochs");

            migrationBuilder.DropTable(
                name: "status_batches");

            migrationBuilder.DropTable(
                name: "operations");

            migrationBuilder.DropTable(
                name: "webhook_subscriptions");

            migrationBuilder.DropTable(
                name: "payments");

            migrationBuilder.DropTable(
                name: "merchants");

            migrationBuilder.Sql("drop function refuse_to_change_history;");
        }
    }
}

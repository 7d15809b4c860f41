using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PspGateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Webhooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_webhook_deliveries_due",
                table: "webhook_deliveries");

            migrationBuilder.AddColumn<List<string>>(
                name: "event_names",
                table: "webhook_subscriptions",
                type: "text[]",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_due",
                table: "webhook_deliveries",
                columns: new[] { "subscription_id", "due_at" },
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_order",
                table: "webhook_deliveries",
                columns: new[] { "subscription_id", "payment_id", "created_at" },
                filter: "due_at is not null");

            // An event and what tells merchants of it commit together, whichever statement writes the event. Without a webhook it costs one look.
            migrationBuilder.Sql("""
                create function fan_out_webhooks() returns trigger language plpgsql as $$
                begin
                    if not exists (select from webhook_subscriptions where deleted_at is null) then
                        return null;
                    end if;
                    insert into webhook_deliveries (id, subscription_id, payment_id, event_id, tries, due_at, generation, created_at)
                    select gen_random_uuid(), s.id, n.payment_id, n.id, 0, clock_timestamp(), 0, clock_timestamp()
                    from (select * from added order by at, id) n
                    join payments p on p.id = n.payment_id
                    join webhook_subscriptions s on s.merchant_serial_number = p.merchant_serial_number and s.deleted_at is null and n.name = any(s.event_names);
                    return null;
                end
                $$;
                create trigger fan_out_webhooks after insert on payment_events referencing new table as added
                    for each statement execute function fan_out_webhooks();
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("drop trigger fan_out_webhooks on payment_events; drop function fan_out_webhooks();");

            migrationBuilder.DropIndex(
                name: "ix_webhook_deliveries_due",
                table: "webhook_deliveries");

            migrationBuilder.DropIndex(
                name: "ix_webhook_deliveries_order",
                table: "webhook_deliveries");

            migrationBuilder.DropColumn(
                name: "event_names",
                table: "webhook_subscriptions");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_due",
                table: "webhook_deliveries",
                columns: new[] { "due_at", "id" },
                filter: "due_at is not null");
        }
    }
}

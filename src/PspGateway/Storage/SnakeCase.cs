using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace PspGateway.Storage;

/// <summary>Names columns, keys and indexes in snake_case, so that SQL by hand needs no quotes.</summary>
internal static class SnakeCase
{
    public static void Apply(ModelBuilder modelBuilder)
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties().Where(p => p.Name != "RowVersion"))
            {
                property.SetColumnName(From(property.Name));
            }

            foreach (var key in entity.GetKeys())
            {
                key.SetName(From(key.GetName() ?? ""));
            }

            foreach (var index in entity.GetIndexes())
            {
                index.SetDatabaseName(From(index.GetDatabaseName() ?? ""));
            }

            foreach (var key in entity.GetForeignKeys())
            {
                key.SetConstraintName(From(key.GetConstraintName() ?? ""));
            }
        }
    }

    private static string From(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterUpper(name[i]) && i > 0 && name[i - 1] != '_' && !char.IsAsciiLetterUpper(name[i - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}

namespace PspGateway.Tests.Rules;

/// <summary>One class per way to use another type. Nothing calls them: they are what <see cref="FolderRulesTests"/> must see through.</summary>
internal static class Violators
{
    internal class ForbiddenException : Exception
    {
        public static int Count { get; set; }
    }

    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class NamingAttribute(Type type) : Attribute
    {
        public Type Type { get; } = type;
    }

    internal sealed class ByField
    {
        public ForbiddenException Field = new();
    }

    internal sealed class ByBase : ForbiddenException;

    internal abstract class ByReturnType
    {
        public abstract ForbiddenException Make();
    }

    internal abstract class ByGenericArgument
    {
        public abstract void Take(IReadOnlyList<Dictionary<string, ForbiddenException>> all);
    }

    internal abstract class ByArray
    {
        public abstract void Take(ref ForbiddenException[] all);
    }

    [Naming(typeof(ForbiddenException))]
    internal sealed class ByAttribute;

    internal sealed class ByBody
    {
        public int Count() => ForbiddenException.Count;
    }

    internal sealed class ByLambda
    {
        public Func<int, int> Count() => more => ForbiddenException.Count + more;
    }

    internal sealed class ByAsync
    {
        public async Task<int> CountAsync()
        {
            await Task.Yield();
            return ForbiddenException.Count;
        }
    }

    internal sealed class ByCatch
    {
        public int Count(Func<int> next)
        {
            try
            {
                return next();
            }
            catch (ForbiddenException)
            {
                return 0;
            }
        }
    }

    internal abstract class ByConstraint<T>
        where T : ForbiddenException;
}

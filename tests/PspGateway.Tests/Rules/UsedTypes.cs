using Mono.Cecil;
using Mono.Cecil.Cil;

namespace PspGateway.Tests.Rules;

/// <summary>One use of a type of ours by another: who uses, what, and where the use was seen.</summary>
internal sealed record Use(TypeReference By, TypeReference Of, string Where)
{
    public override string ToString() => $"{By.FullName} uses {Of.FullName} ({Where})";
}

/// <summary>
/// All types that a type touches: bases, interfaces, members, attributes, locals, and the instructions of every body. Nested types, and
/// those that the compiler makes, count as the type they stand in. Constants and enum values leave no trace in a body.
/// </summary>
internal static class UsedTypes
{
    public static IReadOnlyList<Use> In(ModuleDefinition module) =>
    [
        .. module.Types.Where(IsOurs)
            .SelectMany(outer => Family(outer).SelectMany(Touched).SelectMany(t => Parts(t.Type).Select(part => new Use(outer, Outer(part), t.Where))))
            .Where(use => IsOurs(use.Of)),
    ];

    /// <summary>What one type touches, nested types not counted as the ones they stand in.</summary>
    public static IReadOnlyList<TypeReference> ByFamily(TypeDefinition type) => [.. Family(type).SelectMany(Touched).SelectMany(t => Parts(t.Type))];

    /// <summary>Calls of one method, by the outermost types that make them.</summary>
    public static IReadOnlyList<string> CallersOf(ModuleDefinition module, string type, string method) =>
    [
        .. module.Types.Where(outer => Family(outer).SelectMany(t => t.Methods).Where(m => m.HasBody).SelectMany(m => m.Body.Instructions)
                .Any(i => i.Operand is MethodReference called && called.Name == method && called.DeclaringType.FullName == type))
            .Select(outer => outer.FullName),
    ];

    private static IEnumerable<TypeDefinition> Family(TypeDefinition type) => type.NestedTypes.SelectMany(Family).Prepend(type);

    /// <summary>Everything of ours; the top-level statements of Program have no namespace.</summary>
    private static bool IsOurs(TypeReference type) => type.Namespace.StartsWith("PspGateway", StringComparison.Ordinal) || type.FullName == "Program";

    private static TypeReference Outer(TypeReference type) => type.DeclaringType is { } outer ? Outer(outer) : type;

    private static IEnumerable<(TypeReference Type, string Where)> Touched(TypeDefinition type)
    {
        IEnumerable<TypeReference?> declared =
        [
            type.BaseType,
            .. type.Interfaces.Select(i => i.InterfaceType),
            .. type.Fields.Select(f => f.FieldType),
            .. type.Properties.Select(p => p.PropertyType),
            .. type.Events.Select(e => e.EventType),
            .. Constraints(type),
            .. Attributes(type),
            .. type.Fields.SelectMany(Attributes),
            .. type.Properties.SelectMany(Attributes),
        ];
        return declared.OfType<TypeReference>().Select(t => (t, "declaration")).Concat(type.Methods.SelectMany(m => Signature(m).Concat(Body(m)).Select(t => (t, m.Name))));
    }

    private static IEnumerable<TypeReference> Signature(MethodDefinition method) =>
    [
        method.ReturnType,
        .. method.Parameters.Select(p => p.ParameterType),
        .. method.Overrides.Select(o => o.DeclaringType),
        .. Constraints(method),
        .. Attributes(method),
        .. Attributes(method.MethodReturnType),
        .. method.Parameters.SelectMany(Attributes),
    ];

    private static IEnumerable<TypeReference> Body(MethodDefinition method) => !method.HasBody
        ? []
        :
        [
            .. method.Body.Variables.Select(v => v.VariableType),
            .. method.Body.ExceptionHandlers.Select(h => h.CatchType).OfType<TypeReference>(),
            .. method.Body.Instructions.SelectMany(Operand),
        ];

    private static IEnumerable<TypeReference> Operand(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod generic => [.. generic.GenericArguments, .. Called(generic.ElementMethod)],
        MethodReference called => Called(called),
        _ => [],
    };

    private static IEnumerable<TypeReference> Called(MethodReference called) => [called.DeclaringType, called.ReturnType, .. called.Parameters.Select(p => p.ParameterType)];

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider provider) => provider.GenericParameters.SelectMany(p => p.Constraints).Select(c => c.ConstraintType);

    private static IEnumerable<TypeReference> Attributes(ICustomAttributeProvider provider) => provider.CustomAttributes.SelectMany(attribute =>
        attribute.ConstructorArguments.Concat(attribute.Properties.Select(p => p.Argument)).Concat(attribute.Fields.Select(f => f.Argument))
            .SelectMany(Argument).Prepend(attribute.AttributeType));

    private static IEnumerable<TypeReference> Argument(CustomAttributeArgument argument) => argument.Value switch
    {
        TypeReference type => [type, argument.Type],
        CustomAttributeArgument[] many => many.SelectMany(Argument),
        CustomAttributeArgument boxed => Argument(boxed),
        _ => [argument.Type],
    };

    /// <summary>A type and what it is made of: element types, generic arguments, modifiers.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Concat(Parts(generic.ElementType)),
        IModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        TypeSpecification specification => Parts(specification.ElementType),
        GenericParameter => [],
        _ => [type],
    };
}

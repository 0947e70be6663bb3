using System.Reflection;
using System.Runtime.CompilerServices;

namespace McpLongContext.Architecture.Tests;

/// <summary>Names that no analyzer looks after.</summary>
public sealed class NamesTests
{
    [Fact]
    public void A_cancellation_token_is_named_cancellation()
    {
        const BindingFlags Declared =
            BindingFlags.Public
            | BindingFlags.NonPublic
            | BindingFlags.Instance
            | BindingFlags.Static
            | BindingFlags.DeclaredOnly;
        var others =
            from assembly in OurAssemblies.All
            from type in assembly.GetTypes()
            where !type.IsDefined(typeof(CompilerGeneratedAttribute))
            where type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true
            from method in type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared))
            where !IsForeign(method)
            from parameter in method.GetParameters()
            where parameter.ParameterType == typeof(CancellationToken)
            where parameter.Name is not ("cancellation" or null)
            where !method.Name.Contains('<', StringComparison.Ordinal)
            select $"{type.FullName}.{method.Name}: {parameter.Name}";

        Assert.Empty(others);
    }

    /// <summary>Whether a framework has named the parameters, in a class or in an interface.</summary>
    private static bool IsForeign(MethodBase method) =>
        method is MethodInfo { IsVirtual: true, DeclaringType: { } type } info
        && (
            IsFramework(info.GetBaseDefinition().DeclaringType)
            || (
                !type.IsInterface
                && type.GetInterfaces()
                    .Where(IsFramework)
                    .Any(contract => type.GetInterfaceMap(contract).TargetMethods.Contains(info))
            )
        );

    private static bool IsFramework(Type? type) =>
        type?.Assembly.GetName().Name is { } name
        && (
            name.StartsWith("System", StringComparison.Ordinal)
            || name.StartsWith("Microsoft", StringComparison.Ordinal)
        );
}

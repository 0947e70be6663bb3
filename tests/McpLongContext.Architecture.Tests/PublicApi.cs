using System.Reflection;
using System.Runtime.CompilerServices;

namespace McpLongContext.Architecture.Tests;

/// <summary>The members of an assembly that code outside can name, a line each.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    /// <summary>The lines, sorted.</summary>
    public static IReadOnlyList<string> Of(Assembly assembly) =>
        assembly
            .GetExportedTypes()
            .SelectMany(type => Members(type).Select(member => $"{NameOf(type)}.{member}").Prepend(Describe(type)))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();

    private static string Describe(Type type)
    {
        var kind =
            type.IsInterface ? "interface"
            : type.IsEnum ? "enum"
            : type.IsValueType ? "struct"
            : type.IsSubclassOf(typeof(Delegate)) ? "delegate"
            : "class";
        var modifier =
            !type.IsClass || kind == "delegate" ? ""
            : type.IsAbstract && type.IsSealed ? "static "
            : type.IsAbstract ? "abstract "
            : type.IsSealed ? "sealed "
            : "";
        var bases = type.GetInterfaces().Where(face => face.IsPublic || face.IsNestedPublic).Select(NameOf);
        if (type.BaseType is { } parent && parent != typeof(object) && type.IsClass && kind != "delegate")
        {
            bases = bases.Prepend(NameOf(parent));
        }

        var inherited = string.Join(", ", type.IsEnum ? [] : bases.Order(StringComparer.Ordinal));
        return $"{NameOf(type)}: {modifier}{kind}" + (inherited.Length > 0 ? $" ({inherited})" : "");
    }

    private static IEnumerable<string> Members(Type type)
    {
        // What the compiler writes for a record says nothing that its properties do not.
        foreach (var member in type.GetMembers(Declared).Where(member => !IsGenerated(member)))
        {
            var line = member switch
            {
                ConstructorInfo constructor when IsOpen(constructor) =>
                    $"new({Parameters(constructor.GetParameters())})",
                MethodInfo method when IsOpen(method) && !method.IsSpecialName =>
                    $"{method.Name}{Generic(method)}({Parameters(method.GetParameters())}): {NameOf(method.ReturnType)}{Static(method)}",
                MethodInfo method when IsOpen(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) =>
                    $"{method.Name}({Parameters(method.GetParameters())}): {NameOf(method.ReturnType)}",
                PropertyInfo property => Property(property),
                FieldInfo { IsPublic: true, IsSpecialName: false } field => $"{field.Name}: {NameOf(field.FieldType)}"
                    + Value(field),
                EventInfo { AddMethod: { } add } raised when IsOpen(add) =>
                    $"event {raised.Name}: {NameOf(raised.EventHandlerType!)}",
                _ => null,
            };
            if (line is not null)
            {
                yield return line;
            }
        }
    }

    private static string? Property(PropertyInfo property)
    {
        var accessors = new List<string>();
        if (property.GetMethod is { } get && IsOpen(get))
        {
            accessors.Add("get");
        }

        if (property.SetMethod is { } set && IsOpen(set))
        {
            var isInit = set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            accessors.Add(isInit ? "init" : "set");
        }

        var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{Parameters(parameters)}]" : "";
        return accessors.Count == 0
            ? null
            : $"{property.Name}{index}: {NameOf(property.PropertyType)} {{ {string.Join("; ", accessors)} }}"
                + Static(property.GetMethod ?? property.SetMethod!);
    }

    private static string Value(FieldInfo field) =>
        field.IsLiteral ? $" = {field.GetRawConstantValue()}"
        : field.IsStatic ? " static"
        : "";

    private static string Static(MethodBase method) => method.IsStatic ? " static" : "";

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute)) && member is not PropertyInfo;

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(NameOf))}>" : "";

    private static string Parameters(ParameterInfo[] parameters) =>
        string.Join(
            ", ",
            parameters.Select(parameter =>
                (parameter.IsOut ? "out " : "")
                + $"{NameOf(parameter.ParameterType)} {parameter.Name}"
                + (parameter.HasDefaultValue ? " = " + (parameter.RawDefaultValue ?? "default") : "")
            )
        );

    /// <summary>The name as code has it, without namespaces but the own.</summary>
    private static string NameOf(Type type)
    {
        if (type.IsByRef)
        {
            return NameOf(type.GetElementType()!) + "&";
        }

        if (type.IsArray)
        {
            return NameOf(type.GetElementType()!) + "[]";
        }

        if (type.IsPointer)
        {
            return NameOf(type.GetElementType()!) + "*";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return NameOf(value) + "?";
        }

        var name = type.Name.Split('`')[0];
        var owner = type.IsNested ? NameOf(type.DeclaringType!) + "." : "";
        var space =
            !type.IsNested && type.Namespace?.StartsWith("McpLongContext.", StringComparison.Ordinal) == true
                ? type.Namespace["McpLongContext.".Length..] + "."
                : "";
        var arguments = type.GetGenericArguments();
        return owner + space + name + (arguments.Length > 0 ? $"<{string.Join(", ", arguments.Select(NameOf))}>" : "");
    }
}

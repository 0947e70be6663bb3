using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace McpLongContext.Architecture.Tests;

/// <summary>A type of an assembly; a nested one counts as the type that it stands in.</summary>
internal readonly record struct TypeName(string Namespace, string Name);

/// <summary>Every reference from a type of an assembly to another type of it.</summary>
internal sealed class TypeReferences(PEReader image)
    : ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>
{
    private static readonly Dictionary<int, OperandType> s_operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value & 0xFFFF, code => code.OperandType);

    private readonly MetadataReader _reader = image.GetMetadataReader();

    /// <summary>The references, without those of a type to itself.</summary>
    public IEnumerable<(TypeName From, TypeName To)> All()
    {
        foreach (var handle in _reader.TypeDefinitions)
        {
            var from = NameOf(handle);
            foreach (var to in Of(_reader.GetTypeDefinition(handle)).Select(NameOf).Distinct())
            {
                if (to != from && from.Namespace.Length > 0 && to.Namespace.Length > 0)
                {
                    yield return (from, to);
                }
            }
        }
    }

    private TypeName NameOf(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? NameOf(outer)
            : new TypeName(_reader.GetString(type.Namespace), _reader.GetString(type.Name));
    }

    private IEnumerable<TypeDefinitionHandle> Of(TypeDefinition type) =>
        [
            .. Of(type.BaseType),
            .. type.GetInterfaceImplementations()
                .SelectMany(one => Of(_reader.GetInterfaceImplementation(one).Interface)),
            .. Constraints(type.GetGenericParameters()),
            .. Attributes(type.GetCustomAttributes()),
            .. type.GetFields().SelectMany(one => Of(_reader.GetFieldDefinition(one))),
            .. type.GetProperties()
                .SelectMany(one => Attributes(_reader.GetPropertyDefinition(one).GetCustomAttributes())),
            .. type.GetMethods().SelectMany(one => Of(_reader.GetMethodDefinition(one))),
        ];

    private IEnumerable<TypeDefinitionHandle> Of(FieldDefinition field) =>
        [.. field.DecodeSignature(this, null), .. Attributes(field.GetCustomAttributes())];

    private IEnumerable<TypeDefinitionHandle> Of(MethodDefinition method) =>
        [
            .. Of(method.DecodeSignature(this, null)),
            .. Constraints(method.GetGenericParameters()),
            .. Attributes(method.GetCustomAttributes()),
            .. method.GetParameters().SelectMany(one => Attributes(_reader.GetParameter(one).GetCustomAttributes())),
            .. method.RelativeVirtualAddress == 0 ? [] : Of(image.GetMethodBody(method.RelativeVirtualAddress)),
        ];

    private static IEnumerable<TypeDefinitionHandle> Of(
        MethodSignature<ImmutableArray<TypeDefinitionHandle>> signature
    ) => [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(type => type)];

    private IEnumerable<TypeDefinitionHandle> Of(MethodBodyBlock body)
    {
        var locals = body.LocalSignature.IsNil
            ? []
            : _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null);
        return
        [
            .. locals.SelectMany(local => local),
            .. body.ExceptionRegions.SelectMany(region => Of(region.CatchType)),
            .. Tokens(body.GetILReader()).SelectMany(Of),
        ];
    }

    private IEnumerable<TypeDefinitionHandle> Constraints(GenericParameterHandleCollection parameters) =>
        parameters
            .SelectMany(one => _reader.GetGenericParameter(one).GetConstraints())
            .SelectMany(one => Of(_reader.GetGenericParameterConstraint(one).Type));

    private IEnumerable<TypeDefinitionHandle> Attributes(CustomAttributeHandleCollection attributes) =>
        attributes.SelectMany(one => Of(_reader.GetCustomAttribute(one).Constructor));

    private IEnumerable<TypeDefinitionHandle> Of(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return [];
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                return [(TypeDefinitionHandle)handle];
            case HandleKind.TypeSpecification:
                return _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
            case HandleKind.MethodDefinition:
                return [_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType()];
            case HandleKind.FieldDefinition:
                return [_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType()];
            case HandleKind.MethodSpecification:
                var method = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                return [.. Of(method.Method), .. method.DecodeSignature(this, null).SelectMany(type => type)];
            case HandleKind.MemberReference:
                var member = _reader.GetMemberReference((MemberReferenceHandle)handle);
                return
                [
                    .. Of(member.Parent),
                    .. member.GetKind() == MemberReferenceKind.Field
                        ? member.DecodeFieldSignature(this, null)
                        : Of(member.DecodeMethodSignature(this, null)),
                ];
            default:
                return [];
        }
    }

    private static List<EntityHandle> Tokens(BlobReader code)
    {
        var tokens = new List<EntityHandle>();
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            if (value == 0xFE)
            {
                value = (value << 8) | code.ReadByte();
            }

            switch (s_operands[value])
            {
                case OperandType.InlineField:
                case OperandType.InlineMethod:
                case OperandType.InlineTok:
                case OperandType.InlineType:
                    tokens.Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += targets * sizeof(int);
                    break;
                case OperandType.InlineI8:
                case OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.ShortInlineBrTarget:
                case OperandType.ShortInlineI:
                case OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }

        return tokens;
    }

    ImmutableArray<TypeDefinitionHandle> ISimpleTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetPrimitiveType(
        PrimitiveTypeCode typeCode
    ) => [];

    ImmutableArray<TypeDefinitionHandle> ISimpleTypeProvider<
        ImmutableArray<TypeDefinitionHandle>
    >.GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [handle];

    ImmutableArray<TypeDefinitionHandle> ISimpleTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetTypeFromReference(
        MetadataReader reader,
        TypeReferenceHandle handle,
        byte rawTypeKind
    ) => [];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<
        ImmutableArray<TypeDefinitionHandle>,
        object?
    >.GetTypeFromSpecification(
        MetadataReader reader,
        object? genericContext,
        TypeSpecificationHandle handle,
        byte rawTypeKind
    ) => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetArrayType(
        ImmutableArray<TypeDefinitionHandle> elementType,
        ArrayShape shape
    ) => elementType;

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<
        ImmutableArray<TypeDefinitionHandle>
    >.GetByReferenceType(ImmutableArray<TypeDefinitionHandle> elementType) => elementType;

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<
        ImmutableArray<TypeDefinitionHandle>
    >.GetGenericInstantiation(
        ImmutableArray<TypeDefinitionHandle> genericType,
        ImmutableArray<ImmutableArray<TypeDefinitionHandle>> typeArguments
    ) => [.. genericType, .. typeArguments.SelectMany(type => type)];

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetPointerType(
        ImmutableArray<TypeDefinitionHandle> elementType
    ) => elementType;

    ImmutableArray<TypeDefinitionHandle> ISZArrayTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetSZArrayType(
        ImmutableArray<TypeDefinitionHandle> elementType
    ) => elementType;

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<
        ImmutableArray<TypeDefinitionHandle>,
        object?
    >.GetFunctionPointerType(MethodSignature<ImmutableArray<TypeDefinitionHandle>> signature) => [.. Of(signature)];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<
        ImmutableArray<TypeDefinitionHandle>,
        object?
    >.GetGenericMethodParameter(object? genericContext, int index) => [];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<
        ImmutableArray<TypeDefinitionHandle>,
        object?
    >.GetGenericTypeParameter(object? genericContext, int index) => [];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<
        ImmutableArray<TypeDefinitionHandle>,
        object?
    >.GetModifiedType(
        ImmutableArray<TypeDefinitionHandle> modifier,
        ImmutableArray<TypeDefinitionHandle> unmodifiedType,
        bool isRequired
    ) => unmodifiedType;

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<
        ImmutableArray<TypeDefinitionHandle>,
        object?
    >.GetPinnedType(ImmutableArray<TypeDefinitionHandle> elementType) => elementType;
}

using System.Collections.Frozen;

namespace McpLongContext.Context.Ingestion.Splitting.Symbols;

/// <summary>The meaning of a keyword for the name after it.</summary>
internal enum Declares
{
    Type,
    Function,
    Value,
    Module,

    /// <summary>Names no definition, but what encloses those that follow: <c>impl</c>, <c>extension</c>.</summary>
    Container,

    /// <summary>The name stands after the body: <c>typedef</c>.</summary>
    Typedef,
}

/// <summary>The forms of definitions in a programming language.</summary>
internal sealed record SymbolRules
{
    /// <summary>Pairs of a meaning and a keyword. Tables are built for the languages that occur.</summary>
    private readonly string _keywords;

    private readonly string _modifiers;

    private SymbolRules(string keywords, string modifiers) => (_keywords, _modifiers) = (keywords, modifiers);

    /// <summary>Words that announce a name, and what it names.</summary>
    public FrozenDictionary<string, Declares> Keywords => field ??= Pairs(_keywords);

    /// <summary>Words that may stand in front of a keyword or a type.</summary>
    public FrozenSet<string> Modifiers => field ??= Words(_modifiers).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>A function is a type, a name and parameters: <c>int main(</c>.</summary>
    public bool TypedFunctions { get; private init; }

    /// <summary>
    /// At the outermost level a name and parameters alone define a function, and a semicolon makes a prototype.
    /// </summary>
    public bool Prototypes { get; private init; }

    /// <summary>Fields and properties are a type and a name: <c>string Name {</c>.</summary>
    public bool TypedMembers { get; private init; }

    /// <summary>Names and parameters in front of a brace are methods: <c>send(body) {</c>.</summary>
    public bool BareMethods { get; private init; }

    /// <summary>Functions are assigned to names: <c>app.use = function</c>, <c>send: (x) =></c>.</summary>
    public bool AssignedFunctions { get; private init; }

    /// <summary>An assignment at the outermost level, or in a type, defines a name.</summary>
    public bool Assignments { get; private init; }

    /// <summary>A name, two colons and a type: <c>parse :: Text -> Value</c>.</summary>
    public bool Signatures { get; private init; }

    /// <summary>A name and empty parentheses define a function of a shell.</summary>
    public bool ShellFunctions { get; private init; }

    /// <summary>Definitions are lists that begin with a word of "def": <c>(defn name</c>.</summary>
    public bool Lists { get; private init; }

    private static readonly SymbolRules s_c = new(
        "type:struct type:union type:enum type:class type:interface type:concept module:namespace typedef:typedef"
            + " typedef:using container:@implementation type:@interface type:@protocol",
        "static extern inline const constexpr consteval constinit volatile register unsigned signed virtual explicit"
            + " friend export public private protected mutable thread_local __inline __inline__ _Noreturn noexcept final"
    )
    {
        TypedFunctions = true,
        Prototypes = true,
    };

    private static readonly SymbolRules s_java = new(
        "type:class type:interface type:enum type:record type:@interface type:mixin container:extension",
        "public private protected static final abstract synchronized native transient volatile strictfp default sealed"
            + " non-sealed external late factory covariant const def"
    )
    {
        TypedFunctions = true,
        TypedMembers = true,
    };

    private static readonly SymbolRules s_csharp = new(
        "type:class type:struct type:interface type:enum type:record type:delegate module:namespace",
        "public private protected internal static sealed abstract virtual override readonly const async partial extern"
            + " unsafe new required volatile ref file event implicit explicit scoped"
    )
    {
        TypedFunctions = true,
        TypedMembers = true,
    };

    private static readonly SymbolRules s_script = new(
        "type:class type:interface type:enum type:type module:namespace module:module function:function value:const"
            + " value:let value:var",
        "export default declare abstract async static public private protected readonly override get set accessor"
    )
    {
        BareMethods = true,
        AssignedFunctions = true,
    };

    private static readonly SymbolRules s_python = new(
        "type:class function:def function:cdef function:cpdef type:type",
        "async"
    )
    {
        Assignments = true,
    };

    private static readonly FrozenDictionary<string, SymbolRules> s_byExtension = Table(
        (s_c, ".c .h .cc .cpp .cxx .hpp .hh .hxx .inl .ipp .tpp .cu .cuh .m .mm .glsl .hlsl .metal"),
        (s_csharp, ".cs .csx"),
        (s_java, ".java .dart .groovy .gradle .d"),
        (s_script, ".js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte .astro .coffee"),
        (s_python, ".py .pyi .pyx .pxd .bzl .star .gd"),
        (new SymbolRules("type:type function:func value:const value:var", ""), ".go"),
        (
            new SymbolRules(
                "function:fn type:struct type:enum type:trait type:type type:union module:mod value:const value:static"
                    + " function:macro_rules container:impl",
                "pub async unsafe extern default const"
            ),
            ".rs .move"
        ),
        (
            new SymbolRules(
                "type:class type:interface type:object type:typealias function:fun value:val value:var",
                "public private protected internal open abstract final sealed data inner enum annotation companion override"
                    + " lateinit const inline suspend operator infix tailrec external expect actual value reified noinline"
            ),
            ".kt .kts"
        ),
        (
            new SymbolRules(
                "type:class type:trait type:object type:enum type:type function:def value:val value:var value:given"
                    + " container:extension",
                "private protected final sealed abstract implicit lazy override case inline transparent opaque open infix"
            ),
            ".scala .sc"
        ),
        (
            new SymbolRules(
                "type:class type:struct type:enum type:protocol type:actor type:typealias type:associatedtype"
                    + " container:extension function:func function:macro value:let value:var",
                "public private fileprivate internal open final static class override mutating nonmutating lazy weak unowned"
                    + " indirect required convenience dynamic nonisolated async package"
            ),
            ".swift"
        ),
        (
            new SymbolRules(
                "type:class type:interface type:trait type:enum function:function value:const module:namespace",
                "public private protected static final abstract readonly"
            ),
            ".php"
        ),
        (
            new SymbolRules(
                "type:class module:module function:def",
                "private protected public private_class_method module_function"
            ) with
            {
                Assignments = true,
            },
            ".rb .rake .cr"
        ),
        (
            new SymbolRules(
                "module:defmodule function:def function:defp function:defmacro function:defmacrop function:defguard"
                    + " function:defdelegate type:defprotocol container:defimpl",
                ""
            ),
            ".ex .exs"
        ),
        (new SymbolRules("function:function", "local") with { AssignedFunctions = true, Assignments = true }, ".lua"),
        (
            new SymbolRules("type:data type:newtype type:type type:class container:instance", "deriving") with
            {
                Signatures = true,
            },
            ".hs .lhs .elm .purs"
        ),
        (
            new SymbolRules(
                "function:fn value:const value:var",
                "pub export extern inline noinline threadlocal comptime"
            ),
            ".zig"
        ),
        (
            new SymbolRules("function:function", "export readonly declare local") with
            {
                ShellFunctions = true,
                Assignments = true,
            },
            ".sh .bash .zsh"
        ),
        (
            new SymbolRules("function:function function:sub module:package", "my our") with
            {
                Assignments = true,
            },
            ".pl .pm .ps1 .psm1 .fish .vim .awk .r"
        ),
        (new SymbolRules("", "") { Lists = true }, ".clj .cljs .cljc .lisp .el .scm .rkt"),
        (
            new SymbolRules(
                "type:message type:service type:enum function:rpc type:input type:interface type:scalar type:struct"
                    + " type:type type:table function:function function:procedure type:view",
                "create or replace CREATE OR REPLACE temporary TEMPORARY"
            ),
            ".proto .graphql .gql .thrift .sql"
        ),
        (
            new SymbolRules(
                "function:function function:macro type:struct type:type type:class type:interface type:trait type:record"
                    + " type:contract module:module function:def function:fn function:func function:fun function:proc"
                    + " function:let function:sub function:method value:const value:val",
                "public private pub abstract mutable static rec inline member export"
            ),
            ".jl .fs .fsi .fsx .ml .mli .nim .sol .vb .pas .pp .f90 .v .sv .hx .gd .cairo .odin .tcl .erl"
        )
    );

    /// <summary>
    /// The rules of a file's language, by its extension; <see langword="null"/> where there are none.
    /// </summary>
    public static SymbolRules? For(string path) => s_byExtension.GetValueOrDefault(Path.GetExtension(path));

    private static string[] Words(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static FrozenDictionary<string, Declares> Pairs(string pairs) =>
        Words(pairs)
            .Select(pair => pair.Split(':'))
            .ToFrozenDictionary(
                pair => pair[1],
                pair => Enum.Parse<Declares>(pair[0], ignoreCase: true),
                StringComparer.Ordinal
            );

    private static FrozenDictionary<string, SymbolRules> Table(params (SymbolRules Rules, string Extensions)[] rows) =>
        rows.SelectMany(row => row.Extensions.Split(' ').Select(extension => (extension, row.Rules)))
            .DistinctBy(pair => pair.extension)
            .ToFrozenDictionary(pair => pair.extension, pair => pair.Rules, StringComparer.OrdinalIgnoreCase);
}

using System.Collections.Frozen;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// The properties of a programming language that the splitter needs: how blocks nest and what can hide brackets.
/// </summary>
/// <param name="LineComments">The beginnings of comments that run to the end of the line.</param>
internal sealed record CodeLanguage(params string[] LineComments)
{
    /// <summary>Braces nest blocks; otherwise indentation does.</summary>
    public bool Braces { get; init; }

    /// <summary>Statements end with a semicolon, and lines without one continue.</summary>
    public bool Semicolons { get; init; }

    /// <summary>Lines within round and square brackets belong to the statement that opened them.</summary>
    public bool Brackets { get; init; }

    /// <summary>Apostrophes enclose strings; otherwise single characters at most.</summary>
    public bool SingleQuotes { get; init; }

    /// <summary>Backticks enclose strings over several lines.</summary>
    public bool Backticks { get; init; }

    /// <summary>Slashes enclose regular expressions where a value is expected.</summary>
    public bool Regexes { get; init; }

    /// <summary>Three quotes enclose strings over several lines.</summary>
    public bool TripleQuotes { get; init; }

    /// <summary>Two quotes are an escaped one in strings that begin with an at sign, which may span lines.</summary>
    public bool VerbatimStrings { get; init; }

    /// <summary>
    /// Lines that begin with a number sign are directives, and their branches repeat the same braces.
    /// </summary>
    public bool Preprocessor { get; init; }

    private static readonly CodeLanguage s_c = new("//")
    {
        Braces = true,
        Semicolons = true,
        Brackets = true,
        Preprocessor = true,
    };
    private static readonly CodeLanguage s_java = s_c with { Preprocessor = false, TripleQuotes = true };
    private static readonly CodeLanguage s_script = s_java with
    {
        Semicolons = false,
        SingleQuotes = true,
        Backticks = true,
        TripleQuotes = false,
    };
    private static readonly CodeLanguage s_numberSign = new("#");
    private static readonly CodeLanguage s_dashes = new("--");

    /// <summary>Indentation alone, whatever the lines hold.</summary>
    public static CodeLanguage Plain { get; } = new("#", "//", "--", ";", "%");

    private static readonly FrozenDictionary<string, CodeLanguage> s_byExtension = Table(
        (s_c, ".c .h .cc .cpp .cxx .hpp .hh .hxx .inl .ipp .tpp .cu .cuh .m .mm .glsl .hlsl .vert .frag .metal"),
        (s_c with { VerbatimStrings = true, TripleQuotes = true }, ".cs .csx"),
        (s_java, ".java .rs .d .sol .proto .css .scss .less .zig .move .hx .wgsl"),
        (s_java with { SingleQuotes = true }, ".dart .groovy .gradle"),
        (s_java with { SingleQuotes = true, LineComments = ["//", "#"] }, ".php .thrift"),
        (s_java with { Semicolons = false }, ".kt .kts .scala .sc .swift .bal"),
        (s_script with { Regexes = true }, ".js .mjs .cjs .jsx .ts .mts .cts .tsx"),
        (s_script with { SingleQuotes = false }, ".go"),
        (s_script with { Backticks = false, LineComments = ["#"] }, ".r .tf .hcl .ps1 .psm1 .pl .pm .awk .tcl .nix"),
        (s_script with { Backticks = false, LineComments = ["#"], TripleQuotes = true }, ".graphql .gql"),
        (
            s_numberSign with
            {
                Brackets = true,
                SingleQuotes = true,
                TripleQuotes = true,
            },
            ".py .pyi .pyx .pxd .bzl .star .gd"
        ),
        (s_numberSign with { Brackets = true, SingleQuotes = true }, ".rb .rake .ex .exs .cr .nim .coffee"),
        (s_numberSign with { Brackets = true, TripleQuotes = true }, ".jl"),
        (s_numberSign, ".sh .bash .zsh .fish .mk .cmake .yaml .yml .toml .t"),
        (s_dashes with { SingleQuotes = true, Brackets = true }, ".lua .sql"),
        (s_dashes, ".hs .lhs .elm .ada .adb .ads .vhd .vhdl"),
        (new CodeLanguage("//") { Brackets = true, TripleQuotes = true }, ".fs .fsi .fsx"),
        (new CodeLanguage("'", "REM "), ".vb .bas"),
        (new CodeLanguage("%"), ".erl .hrl"),
        (new CodeLanguage(";"), ".clj .cljs .cljc .edn .lisp .el .scm .rkt .asm .s .ini")
    );

    /// <summary>The language of a file, by its extension; indentation alone where it is unknown.</summary>
    public static CodeLanguage Of(string path) => s_byExtension.GetValueOrDefault(Path.GetExtension(path), Plain);

    private static FrozenDictionary<string, CodeLanguage> Table(
        params (CodeLanguage Language, string Extensions)[] rows
    ) =>
        rows.SelectMany(row => row.Extensions.Split(' ').Select(extension => (extension, row.Language)))
            .ToFrozenDictionary(pair => pair.extension, pair => pair.Language, StringComparer.OrdinalIgnoreCase);
}

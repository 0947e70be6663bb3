using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// The weight that each rule adds to a fused score, whose best candidates have 2 to 4. Each is measured alone on two
/// halves of a public benchmark of code search, and on sets of transcripts, papers and documentation
/// (docs/decisions/ranking.md); the optimum is flat around every one of them.
/// </summary>
internal static class RankingWeights
{
    /// <summary>
    /// The temperature T of a file's score, best + T ln sum exp((s - best) / T): several good passages say more about a
    /// file than one that is strong by chance. At 0 the best passage would be the file.
    /// </summary>
    public const double CodeTemperature = 0.5;

    /// <summary>The same of what is no code, whose passages repeat less of each other.</summary>
    public const double ProseTemperature = 0.25;

    /// <summary>
    /// The definition where nothing but its name is asked for: more than any number of uses in a passage.
    /// </summary>
    public const double SoleDefinition = 4;

    /// <summary>The definition of a name that the question asks for among other things, before its uses.</summary>
    public const double Definition = 2;

    /// <summary>
    /// The definition of a capitalized word: it may be a name, or begin a sentence of somebody's prose.
    /// </summary>
    public const double CapitalizedDefinition = 1;

    /// <summary>The definition of what several plain words name together: <c>request context</c>.</summary>
    public const double DefinitionInWords = 0.4;

    /// <summary>The share for other capitals: who asks for <c>Timeout</c> wants the type, not the argument.</summary>
    public const double OtherCapitals = 0.4;

    /// <summary>A file that is named like the symbol asked for.</summary>
    public const double FileOfSymbol = 1;

    /// <summary>
    /// Times the share of the question's words in the file's name: names are chosen to say what is inside.
    /// </summary>
    public const double FileName = 2.5;

    /// <summary>The same for its folders, which many files share.</summary>
    public const double Folders = 0.75;

    /// <summary>A file that the question names by its path.</summary>
    public const double Path = 3;

    /// <summary>
    /// Times the gain of a file by the history, where a change is asked for; chosen on four repositories, checked on
    /// four others.
    /// </summary>
    public const double History = 2;

    /// <summary>
    /// Against each further place of a file of code, times the number of those before it: a question in plain words mostly
    /// has its answer in several files.
    /// </summary>
    public const double Crowding = 0.5;

    /// <summary>Against test code: it repeats the names and words of what it tests, in greater number.</summary>
    public const double Test = 1;

    /// <summary>Against examples.</summary>
    public const double Example = 1;

    /// <summary>Against what is no code where most of what was found is.</summary>
    public const double Documentation = 1;

    /// <summary>The temperature of a file's score.</summary>
    public static double FileTemperatureOf(DocumentKind kind) =>
        kind == DocumentKind.Code ? CodeTemperature : ProseTemperature;

    /// <summary>How much a definition counts by what it names: a type before the variable that holds one.</summary>
    public static double Of(Storage.Symbols.SymbolKind kind) =>
        kind switch
        {
            Storage.Symbols.SymbolKind.Type => 1,
            Storage.Symbols.SymbolKind.Function => 0.9,
            Storage.Symbols.SymbolKind.Value => 0.6,
            Storage.Symbols.SymbolKind.Property => 0.4,
            _ => 0.5,
        };
}

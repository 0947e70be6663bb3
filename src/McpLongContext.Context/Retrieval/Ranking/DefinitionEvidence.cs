using McpLongContext.Storage;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// The definitions of what a question names. A name counts as it is written and in words: <c>RequestContext</c>,
/// <c>request_context</c> and <c>request context</c> are one.
/// </summary>
/// <param name="find">The definitions whose names have a key, at most so many.</param>
/// <param name="isInScope">Whether a passage is in scope.</param>
/// <param name="question">The question.</param>
internal sealed class DefinitionEvidence(
    Func<string, int, IEnumerable<Symbol>> find,
    Func<long, bool> isInScope,
    Question question
)
{
    /// <summary>The most words that make up a name.</summary>
    private const int MaxWords = 4;

    /// <summary>Words of a question that are looked up; a longer one is a text.</summary>
    private const int MaxQuestionWords = 64;

    /// <summary>The most definitions of one name: more are overrides, none of which is the one.</summary>
    public const int MaxDefinitions = 100;

    private const int MinKey = 3;

    private readonly Dictionary<long, double> _gains = [];
    private readonly HashSet<string> _words = [.. question.Words];

    /// <summary>The gain of each passage in scope for what it defines.</summary>
    public static Dictionary<long, double> Find(DatastoreSnapshot snapshot, PassageScope scope, Question question) =>
        Find(snapshot.Symbols.Find, scope.Contains, question);

    /// <inheritdoc cref="Find(DatastoreSnapshot, PassageScope, Question)"/>
    public static Dictionary<long, double> Find(
        Func<string, int, IEnumerable<Symbol>> find,
        Func<long, bool> isInScope,
        Question question
    )
    {
        var evidence = new DefinitionEvidence(find, isInScope, question);
        evidence.FindNames();
        evidence.FindMembers();
        return evidence._gains;
    }

    /// <summary>Names that are words of the question, or some that stand together.</summary>
    private void FindNames()
    {
        var words = question.Words.Take(MaxQuestionWords).ToList();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var count = 1; count <= MaxWords; count++)
        {
            for (var first = 0; first + count <= words.Count; first++)
            {
                var name = string.Concat(words.Skip(first).Take(count));
                if ((count > 1 || IsName(name)) && seen.Add(name))
                {
                    Find(name, symbol => WeightOf(symbol, count, isFirst: first == 0));
                }
            }
        }
    }

    /// <summary>Members that are named with what they stand in: <c>app.set</c>, <c>Pool::acquire</c>.</summary>
    private void FindMembers()
    {
        foreach (var literal in question.Literals)
        {
            var parts = literal.Split(['.', ':', '#', '>', '-'], StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length > 1)
            {
                Find(
                    parts[^1],
                    symbol =>
                        LastPart(symbol.Container).Equals(parts[^2], StringComparison.OrdinalIgnoreCase)
                            ? RankingWeights.Definition
                            : 0
                );
            }
        }
    }

    private void Find(string name, Func<Symbol, double> weigh)
    {
        var key = SymbolKey.Of(name);
        if (key.Length < MinKey)
        {
            return;
        }

        foreach (var symbol in find(key, MaxDefinitions))
        {
            var gain = isInScope(symbol.Passage) ? weigh(symbol) * RankingWeights.Of(symbol.Kind) : 0;
            if (gain > _gains.GetValueOrDefault(symbol.Passage))
            {
                _gains[symbol.Passage] = gain;
            }
        }
    }

    /// <summary>Whether a word may be meant as a name; plain words are, where nothing else is asked for.</summary>
    private bool IsName(string word) =>
        question.Kind == QueryKind.Symbol || char.IsUpper(word[0]) || IsIdentifier(word);

    private static bool IsIdentifier(string word) =>
        word.Contains('_', StringComparison.Ordinal) || word.Skip(1).Any(char.IsUpper);

    private double WeightOf(Symbol symbol, int words, bool isFirst)
    {
        var isSame = _words.Contains(symbol.Name);
        if (question.Kind == QueryKind.Description)
        {
            // It names what the place uses, not the place.
            return 0;
        }

        if (question.Kind == QueryKind.Symbol)
        {
            return isSame
                ? RankingWeights.SoleDefinition
                : RankingWeights.SoleDefinition * RankingWeights.OtherCapitals;
        }

        if (words > 1)
        {
            return RankingWeights.DefinitionInWords;
        }

        return !isSame ? 0
            : IsIdentifier(symbol.Name) ? RankingWeights.Definition
            : isFirst ? 0
            : RankingWeights.CapitalizedDefinition;
    }

    private static ReadOnlySpan<char> LastPart(string container) => container.AsSpan(container.LastIndexOf('.') + 1);
}

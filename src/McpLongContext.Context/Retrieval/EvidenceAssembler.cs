using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Fills a page with whole passages, best first, up to a budget of tokens. Hits that are neighbors in a document become
/// one piece of evidence at the place of the better one; hits with the same text are shown once, with their places.
/// Only a first passage that alone exceeds the budget is cut, to whole lines around what aligns best with the question,
/// and its citation says what is shown.
/// </summary>
internal sealed class EvidenceAssembler(
    IEvidenceSource reader,
    DocumentPaths paths,
    Highlighter? highlighter = null,
    PassagePlaces? documents = null
)
{
    private const int NamedCopies = 5;

    /// <summary>The blank lines between two passages that are joined.</summary>
    private const int TokensOfJoint = 1;

    private readonly LongLines _longLines = new(reader);

    /// <summary>A page of evidence.</summary>
    /// <param name="Evidence">Best first.</param>
    /// <param name="Ranked">The passages of the page, each by itself, best first.</param>
    /// <param name="Hits">The number of hits that it took.</param>
    /// <param name="Tokens">The tokens of its text.</param>
    /// <param name="IsCut">Whether the first passage did not fit.</param>
    /// <param name="Damage">The passages that were passed over because they are damaged, a sentence each.</param>
    public sealed record Page(
        IReadOnlyList<Evidence> Evidence,
        IReadOnlyList<Evidence> Ranked,
        int Hits,
        int Tokens,
        bool IsCut,
        IReadOnlyList<string> Damage
    );

    /// <summary>Takes hits for a page.</summary>
    /// <param name="hits">Ranked, best first.</param>
    /// <param name="offset">How many of them the pages before have taken.</param>
    /// <param name="maxTokens">The budget.</param>
    /// <param name="topK">The most pieces; <see langword="null"/> lets the budget decide.</param>
    public Page Assemble(IReadOnlyList<RankedPassage> hits, int offset, int maxTokens, int? topK)
    {
        var copies = new PassageCopies(reader, documents, hits.Take(offset));
        var pieces = new List<Piece>();
        var ranked = new List<Evidence>();
        var taken = new Dictionary<long, (Evidence Item, int Tokens)>();
        var damage = new List<string>();
        var passages = new CountedPassages(reader, hits);
        var room = maxTokens;
        var next = offset;
        for (; next < hits.Count && ranked.Count != topK; next++)
        {
            var hit = hits[next];
            if (passages.Find(next, room) is not { } counted)
            {
                damage.Add($"A passage of {paths.Show(hit.Document.Path)} is damaged and left out.");
                continue;
            }

            var passage = counted.Passage;
            if (copies.IsCopy(hit, passage))
            {
                continue;
            }

            if (counted.Tokens > room)
            {
                if (ranked.Count > 0)
                {
                    break;
                }

                return Cut(hit, passage, maxTokens, damage) with
                {
                    Hits = next + 1 - offset,
                };
            }

            room -= counted.Tokens + TokensOfJoint;
            copies.Take(hit, passage);
            Add(hit, passage, pieces);
            var item = Show(new Piece(hit.Document, hit.Score, [passage]));
            ranked.Add(item);
            taken.Add(hit.Id, (item, counted.Tokens));
        }

        copies.LookAhead(hits.Skip(next));
        List<(Evidence Item, int? Tokens)> whole =
        [
            .. pieces.Select(piece =>
                piece.Passages.Count == 1 ? taken[piece.Passages[0].Id] : (Show(piece), default(int?))
            ),
        ];
        List<Evidence> evidence = [];
        var shown = 0;
        SideBySide.Run(
            () =>
                evidence.AddRange(
                    Marked(pieces, whole.Select(one => one.Item))
                        .Zip(pieces, (item, piece) => WithCopies(item, piece, copies))
                ),
            () => shown = whole.Sum(one => one.Tokens ?? TokenCounter.Count(one.Item.Text))
        );
        return new Page(evidence, ranked, next - offset, shown, IsCut: false, damage);
    }

    private Evidence WithCopies(Evidence evidence, Piece piece, PassageCopies copies)
    {
        var places = copies.PlacesOf(piece.Document, piece.Passages);
        return evidence with
        {
            AlsoAt =
            [
                .. places
                    .Take(NamedCopies)
                    .Select(place => $"{paths.Show(place.Document.Path)}:{place.StartLine}-{place.EndLine}"),
            ],
            AlsoAtCount = places.Count,
        };
    }

    /// <summary>Hits by themselves, whole; those that are damaged are left out.</summary>
    public IEnumerable<Evidence> Show(IEnumerable<RankedPassage> hits)
    {
        var pieces = hits.SelectMany(hit =>
                reader.TryGet(hit.Id, out var passage)
                    ? [new Piece(hit.Document, hit.Score, [passage])]
                    : Array.Empty<Piece>()
            )
            .ToList();
        return Marked(pieces, pieces.Select(Show));
    }

    /// <summary>The evidence of pieces with its highlights, as far as its text shows them.</summary>
    private IEnumerable<Evidence> Marked(IReadOnlyList<Piece> pieces, IEnumerable<Evidence> evidence) =>
        highlighter is null
            ? evidence
            : evidence.Zip(
                highlighter.Mark([.. pieces.Select(piece => (piece.Document, piece.Score, piece.Passages))]),
                static (item, highlights) =>
                    item with
                    {
                        Highlights =
                        [
                            .. highlights.Where(one => item.Text.Contains(one.Text, StringComparison.Ordinal)),
                        ],
                    }
            );

    private static void Add(RankedPassage hit, Passage passage, List<Piece> pieces)
    {
        var touched = pieces.Where(candidate => candidate.Touches(hit)).ToList();
        var piece = new Piece(hit.Document, hit.Score, [passage]);
        if (touched.Count == 0)
        {
            pieces.Add(piece);
            return;
        }

        var joined = touched.Aggregate(piece, (sum, other) => sum.Join(other));
        pieces[pieces.IndexOf(touched[0])] = joined;
        pieces.RemoveAll(touched.Contains);
    }

    private Evidence Show(Piece piece)
    {
        var text = string.Concat(piece.Passages.Select(passage => passage.Text));
        return Show(piece, text, piece.Passages[0].StartLine, piece.Passages[^1].EndLine);
    }

    private Evidence Show(Piece piece, string text, int start, int end)
    {
        var path = paths.Show(piece.Document.Path);
        var shown = CountedPassage.WithoutBlankEnds(text);
        var columns = start == end ? _longLines.ColumnsOf(piece.Document, piece.Passages, shown) : null;
        var contexts = (First: piece.Passages[0].Context, Last: piece.Passages[^1].Context);
        var citation = Citation.Of(piece.Document, path, contexts.First, contexts.Last, (start, end));
        return new Evidence
        {
            Citation = columns is { } part ? $"{path}:{start}:{part.Start}-{part.End}" : citation.Text,
            Location = citation.Location,
            Path = path,
            StartLine = start,
            EndLine = end,
            StartColumn = columns?.Start,
            EndColumn = columns?.End,
            Score = piece.Score,
            Context = citation.Context,
            Symbols = SymbolNames.Of(
                reader
                    .SymbolsBetween(piece.Passages[0].Id, piece.Passages[^1].Id)
                    .Where(symbol => symbol.Line >= start && symbol.Line <= end)
            ),
            Text = shown,
        };
    }

    private Page Cut(RankedPassage hit, Passage passage, int maxTokens, List<string> damage)
    {
        var text = CountedPassage.WithoutBlankEnds(passage.Text);
        var range = PassageCut.Of(text, highlighter?.Best(hit.Document, passage with { Text = text }), maxTokens);
        var shown = text[range].TrimEnd();
        var start = passage.StartLine + text.AsSpan(0, range.Start.Value).Count('\n');
        var end = Math.Min(passage.EndLine, start + shown.AsSpan().Count('\n'));
        var piece = new Piece(hit.Document, hit.Score, [passage]);
        var evidence = Marked([piece], [Show(piece, shown, start, end)]).Single();
        var tokens = TokenCounter.Count(evidence.Text);
        return new Page([evidence], [evidence], 1 + damage.Count, tokens, shown.Length < text.Length, damage);
    }

    /// <summary>Passages in a row.</summary>
    private sealed record Piece(Storage.Catalog.Document Document, double Score, IReadOnlyList<Passage> Passages)
    {
        public bool Touches(RankedPassage hit) =>
            hit.Document.Id == Document.Id && (hit.Id == Passages[0].Id - 1 || hit.Id == Passages[^1].Id + 1);

        public Piece Join(Piece other) =>
            this with
            {
                Score = Math.Max(Score, other.Score),
                Passages = [.. Passages.Concat(other.Passages).OrderBy(passage => passage.Id)],
            };
    }
}

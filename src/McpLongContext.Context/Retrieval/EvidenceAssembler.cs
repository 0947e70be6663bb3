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

    /// <summary>Of one step: one that is repeated may have missed passages before.</summary>
    private LongLines _longLines = new(reader);

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
    /// <inheritdoc cref="Choose"/>
    public Page Assemble(IReadOnlyList<RankedPassage> hits, int offset, int maxTokens, int? topK) =>
        Complete(Choose(hits, offset, maxTokens, topK));

    /// <summary>Chooses the hits of a page.</summary>
    /// <param name="hits">Ranked, best first.</param>
    /// <param name="offset">How many of them the pages before have taken.</param>
    /// <param name="maxTokens">The budget.</param>
    /// <param name="topK">The most pieces; <see langword="null"/> lets the budget decide.</param>
    public Choice Choose(IReadOnlyList<RankedPassage> hits, int offset, int maxTokens, int? topK)
    {
        _longLines = new LongLines(reader);
        var copies = new PassageCopies(reader, documents, hits.Take(offset));
        var pieces = new List<Piece>();
        var ranked = new List<ShownHit>();
        var damage = new List<string>();
        var passages = new CountedPassages(reader, hits);
        var room = maxTokens;
        var next = offset;
        for (; next < hits.Count && ranked.Count != topK; next++)
        {
            var hit = hits[next];
            if (!passages.TryGet(next, room, out var passage, out var shown))
            {
                damage.Add($"A passage of {paths.Show(hit.Document.Path)} is damaged and left out.");
                continue;
            }

            if (copies.IsCopy(hit, passage))
            {
                continue;
            }

            var tokens = shown + BlanksBetween(hit, passage, pieces);
            if (tokens > room)
            {
                if (ranked.Count > 0)
                {
                    break;
                }

                var alone = new Piece(hit.Document, hit.Score, [passage]);
                return new Choice([alone], [], copies, next + 1 - offset, maxTokens, damage) { Cuts = true };
            }

            room -= tokens;
            copies.Take(hit, passage);
            Add(hit, passage, pieces);
            ranked.Add(new ShownHit(hit.Id, Show(new Piece(hit.Document, hit.Score, [passage])), shown));
        }

        copies.LookAhead(hits.Skip(next));
        return new Choice(pieces, ranked, copies, next - offset, maxTokens, damage);
    }

    /// <summary>The page of the chosen hits.</summary>
    public Page Complete(Choice choice)
    {
        _longLines = new LongLines(reader);
        var (pieces, ranked, copies, hits, maxTokens, damage) = choice;
        if (choice.Cuts)
        {
            return Cut(pieces[0], maxTokens, hits, damage);
        }

        var alone = ranked.ToDictionary(hit => hit.Passage, hit => (hit.Shown, (int?)hit.Tokens));
        List<(Evidence Shown, int? Tokens)> whole =
        [
            .. pieces.Select(piece => piece.Passages.Count == 1 ? alone[piece.Passages[0].Id] : (Show(piece), null)),
        ];
        List<Evidence> evidence = [];
        var shown = 0;
        SideBySide.Run(
            () =>
                evidence.AddRange(
                    Marked(pieces, whole.Select(one => one.Shown))
                        .Zip(pieces, (item, piece) => WithCopies(item, piece, copies))
                ),
            () => shown = whole.Sum(one => one.Tokens ?? TokenCounter.Count(one.Shown.Text))
        );
        return new Page(evidence, [.. ranked.Select(one => one.Shown)], hits, shown, IsCut: false, damage);
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

    /// <summary>The most tokens of the blank lines that are shown when a hit joins pieces.</summary>
    private static int BlanksBetween(RankedPassage hit, Passage passage, List<Piece> pieces) =>
        pieces
            .Where(piece => piece.Touches(hit))
            .Sum(piece =>
                ShownText.Blanks(passage.Text)
                + ShownText.Blanks((hit.Id < piece.Passages[0].Id ? piece.Passages[0] : piece.Passages[^1]).Text)
            );

    private Evidence Show(Piece piece)
    {
        var text = string.Concat(piece.Passages.Select(passage => passage.Text));
        return Show(piece, text, piece.Passages[0].StartLine, piece.Passages[^1].EndLine);
    }

    private Evidence Show(Piece piece, string text, int start, int end)
    {
        var path = paths.Show(piece.Document.Path);
        var shown = ShownText.Of(text);
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

    private Page Cut(Piece piece, int maxTokens, int hits, IReadOnlyList<string> damage)
    {
        var passage = piece.Passages[0];
        var text = ShownText.Of(passage.Text);
        var range = PassageCut.Of(text, highlighter?.Best(piece.Document, passage with { Text = text }), maxTokens);
        var shown = text[range].TrimEnd();
        var start = passage.StartLine + text.AsSpan(0, range.Start.Value).Count('\n');
        var end = Math.Min(passage.EndLine, start + shown.AsSpan().Count('\n'));
        var evidence = Marked([piece], [Show(piece, shown, start, end)]).Single();
        var tokens = TokenCounter.Count(evidence.Text);
        return new Page([evidence], [evidence], hits, tokens, shown.Length < text.Length, damage);
    }

    /// <summary>The hits of a page, before their evidence is marked and counted.</summary>
    /// <param name="Pieces">Passages in a row, best first.</param>
    /// <param name="Ranked">The hits that are shown whole, each by itself, best first.</param>
    /// <param name="Copies">Their other places.</param>
    /// <param name="Hits">The number of hits that the page takes.</param>
    /// <param name="MaxTokens">The budget.</param>
    /// <param name="Damage">The passages that were passed over because they are damaged, a sentence each.</param>
    internal sealed record Choice(
        IReadOnlyList<Piece> Pieces,
        IReadOnlyList<ShownHit> Ranked,
        PassageCopies Copies,
        int Hits,
        int MaxTokens,
        IReadOnlyList<string> Damage
    )
    {
        /// <summary>Whether the only piece alone exceeds the budget.</summary>
        public bool Cuts { get; init; }

        /// <summary>The passages whose statements are compared with the question.</summary>
        public IEnumerable<long> MarkedPassages =>
            Pieces.Take(Highlighter.Pieces).SelectMany(piece => piece.Passages).Select(passage => passage.Id);
    }

    /// <summary>A hit that is shown whole.</summary>
    /// <param name="Passage">The passage.</param>
    /// <param name="Shown">The evidence, by itself.</param>
    /// <param name="Tokens">The tokens of the text that is shown.</param>
    internal sealed record ShownHit(long Passage, Evidence Shown, int Tokens);

    /// <summary>Passages in a row.</summary>
    internal sealed record Piece(Storage.Catalog.Document Document, double Score, IReadOnlyList<Passage> Passages)
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

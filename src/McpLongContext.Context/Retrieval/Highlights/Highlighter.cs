using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Highlights;

/// <summary>
/// Marks the statements of a page of evidence that align best with the question. The words that may be marked are the
/// page's, not those of each piece: a reader at a glance needs the best sentences, wherever they stand.
/// </summary>
internal sealed class Highlighter(IStatementScorer scorer)
{
    /// <summary>Words that are marked on a page.</summary>
    private const int MarkedWords = 100;

    /// <summary>Pieces of evidence that are read for it; the optimum is flat from five on.</summary>
    public const int Pieces = 5;

    /// <summary>The weight of a passage's score beside the alignment; one to four are as good.</summary>
    private const double PassageWeight = 2;

    /// <summary>The share of the best alignment of its passage that a statement needs.</summary>
    private const double LeastShare = 0.5;

    /// <summary>The highlights of each piece of a page, in the order of its text.</summary>
    /// <param name="page">The pieces, best first, each with the passages that it shows.</param>
    public IReadOnlyList<Highlight>[] Mark(
        IReadOnlyList<(StoredDocument Document, double Score, IReadOnlyList<Passage> Passages)> page
    )
    {
        var marked = new List<Candidate>();
        var words = 0;
        foreach (var candidate in page.Take(Pieces).SelectMany(Candidates).OrderByDescending(one => one.Score))
        {
            words += Sentences.CountWords(candidate.Text);
            if (words > MarkedWords && marked.Count > 0)
            {
                break;
            }

            marked.Add(candidate);
        }

        return
        [
            .. page.Select(
                (evidence, piece) =>
                    Join(
                        string.Concat(evidence.Passages.Select(passage => passage.Text)),
                        marked.Where(one => one.Piece == piece).OrderBy(one => one.Start)
                    )
            ),
        ];
    }

    /// <summary>The statement of a passage that aligns best; <see langword="null"/> where none does.</summary>
    public Statement? Best(StoredDocument document, Passage passage)
    {
        var statements = StatementSplitter.Split(passage.Text, StoredKind.Of(document));
        var scores = scorer.Score(document, passage, statements);
        var best = Array.IndexOf(scores, scores.DefaultIfEmpty().Max());
        return best >= 0 && scores[best] > 0 ? statements[best] : null;
    }

    private IEnumerable<Candidate> Candidates(
        (StoredDocument Document, double Score, IReadOnlyList<Passage> Passages) evidence,
        int piece
    )
    {
        var kind = StoredKind.Of(evidence.Document);
        var start = 0;
        foreach (var passage in evidence.Passages)
        {
            var statements = StatementSplitter.Split(passage.Text, kind);
            var scores = scorer.Score(evidence.Document, passage, statements);
            var least = LeastShare * scores.DefaultIfEmpty().Max();
            for (var i = 0; i < scores.Length; i++)
            {
                if (scores[i] > 0 && scores[i] >= least)
                {
                    yield return new Candidate(
                        piece,
                        start + statements[i].Start,
                        LineOf(passage, statements[i]),
                        statements[i].In(passage.Text).ToString(),
                        scores[i] + (PassageWeight * evidence.Score)
                    );
                }
            }

            start += passage.Text.Length;
        }
    }

    /// <summary>A passage's lines count from its first one that is not blank.</summary>
    private static int LineOf(Passage passage, Statement statement)
    {
        var blank = passage.Text.Length - passage.Text.AsSpan().TrimStart().Length;
        return passage.StartLine + passage.Text.AsSpan(blank, statement.Start - blank).Count('\n');
    }

    /// <summary>The highlights of a text; statements that follow each other are one.</summary>
    private static List<Highlight> Join(string text, IEnumerable<Candidate> candidates)
    {
        var highlights = new List<Highlight>();
        var (start, end) = (0, 0);
        foreach (var one in candidates)
        {
            if (highlights.Count > 0 && text.AsSpan(end, one.Start - end).IsWhiteSpace())
            {
                var joined = text[start..(one.Start + one.Text.Length)];
                highlights[^1] = Show(highlights[^1].StartLine, joined, Math.Max(highlights[^1].Score, one.Score));
            }
            else
            {
                start = one.Start;
                highlights.Add(Show(one.Line, one.Text, one.Score));
            }

            end = one.Start + one.Text.Length;
        }

        return highlights;
    }

    private static Highlight Show(int line, string text, double score) =>
        new(line, line + text.AsSpan().Count('\n'), text) { Score = score };

    /// <summary>A statement that may be marked.</summary>
    private readonly record struct Candidate(int Piece, int Start, int Line, string Text, double Score);
}

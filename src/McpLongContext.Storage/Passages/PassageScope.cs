using McpLongContext.Storage.Catalog;

namespace McpLongContext.Storage.Passages;

/// <summary>A range of passage ids.</summary>
/// <param name="First">The first id.</param>
/// <param name="Last">The last id, inclusive.</param>
public readonly record struct PassageRange(long First, long Last);

/// <summary>The passages that a search may return: all, or those of some documents.</summary>
public sealed class PassageScope
{
    private readonly PassageRange[] _ranges;
    private readonly HashSet<long>? _documents;

    private PassageScope(PassageRange[] ranges, HashSet<long>? documents = null) =>
        (_ranges, _documents) = (ranges, documents);

    /// <summary>Every passage.</summary>
    public static PassageScope All { get; } = new([new PassageRange(0, long.MaxValue)]);

    /// <summary>Disjoint ranges in ascending order.</summary>
    public IReadOnlyList<PassageRange> Ranges => _ranges;

    /// <summary>The passages of these documents.</summary>
    public static PassageScope Of(IEnumerable<Document> documents)
    {
        var ranges = new List<PassageRange>();
        var admitted = new HashSet<long>();
        foreach (var document in documents.Where(d => d.PassageCount > 0).OrderBy(d => d.FirstPassage))
        {
            admitted.Add(document.Id);
            var last = document.FirstPassage + document.PassageCount - 1;
            if (ranges.Count > 0 && ranges[^1].Last + 1 >= document.FirstPassage)
            {
                ranges[^1] = ranges[^1] with { Last = last };
            }
            else
            {
                ranges.Add(new PassageRange(document.FirstPassage, last));
            }
        }

        return new PassageScope(ranges.ToArray(), admitted);
    }

    /// <summary>
    /// Whether passages may be cited in a document: one out of scope may share those of one in scope.
    /// </summary>
    public bool Admits(Document document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return _documents is null || _documents.Contains(document.Id);
    }

    /// <summary>Whether the passage is in scope.</summary>
    public bool Contains(long passage)
    {
        var low = 0;
        var high = _ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (passage < _ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (passage > _ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}

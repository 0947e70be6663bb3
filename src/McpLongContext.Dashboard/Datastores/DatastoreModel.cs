using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>A datastore with some of its documents.</summary>
/// <param name="Detail">The datastore with all of its documents.</param>
/// <param name="Activity">The work that goes on in it.</param>
/// <param name="Filter">The text that the paths of the shown documents have in them.</param>
/// <param name="Page">The page of the documents, from 1.</param>
public sealed record DatastoreModel(DatastoreDetail Detail, ActivityModel Activity, string Filter, int Page)
{
    /// <summary>Documents on a page.</summary>
    public const int PageSize = 1000;

    /// <summary>The totals.</summary>
    public DatastoreSummary Summary => Detail.Summary;

    /// <summary>The documents that the filter leaves.</summary>
    public IReadOnlyList<DocumentSummary> Found { get; } =
    [.. Detail.Documents.Where(document => document.Path.Contains(Filter, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The documents of the page.</summary>
    public IEnumerable<DocumentSummary> Shown => Found.Skip((Page - 1) * PageSize).Take(PageSize);

    /// <summary>The number of pages, one at least.</summary>
    public int Pages => Math.Max(1, (Found.Count + PageSize - 1) / PageSize);

    /// <summary>Documents, bytes of text and passages of each kind of document, the largest first.</summary>
    public IReadOnlyList<KindTotal> Kinds { get; } =
    [
        .. Detail
            .Documents.GroupBy(document => document.Kind, StringComparer.Ordinal)
            .Select(kind => new KindTotal(
                kind.Key,
                kind.Count(),
                kind.Sum(document => document.Bytes),
                kind.Sum(document => (long)document.Passages)
            ))
            .OrderByDescending(kind => kind.Bytes),
    ];
}

/// <summary>The totals of a kind of document.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Documents">Documents of the kind.</param>
/// <param name="Bytes">Bytes of their text.</param>
/// <param name="Passages">Their passages.</param>
public sealed record KindTotal(string Kind, int Documents, long Bytes, long Passages);

using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Search;

/// <summary>A question with its answers by one or two settings.</summary>
/// <param name="Datastores">The names of all datastores.</param>
/// <param name="Form">The question.</param>
/// <param name="Sides">The answers; none where nothing was asked.</param>
public sealed record SearchModel(IReadOnlyList<string> Datastores, SearchForm Form, IReadOnlyList<SearchSide> Sides);

/// <summary>The answer by a setting.</summary>
/// <param name="Form">The question.</param>
/// <param name="Datastore">The datastore that was asked.</param>
/// <param name="Setting">The setting.</param>
/// <param name="Explanation">The ranked evidence; <see langword="null"/> where the question was refused.</param>
/// <param name="Refusal">Why the question was refused; empty when it was not.</param>
public sealed record SearchSide(
    SearchForm Form,
    string Datastore,
    SearchSetting Setting,
    QueryExplanation? Explanation,
    string Refusal
);

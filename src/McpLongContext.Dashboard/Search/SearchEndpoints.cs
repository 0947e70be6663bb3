using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Retrieval.Explanations;
using McpLongContext.Dashboard.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Search;

/// <summary>The search playground.</summary>
internal static class SearchEndpoints
{
    /// <summary>Maps the pages.</summary>
    public static void MapSearch(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/search", SearchAsync);
        pages.MapGet("/search/alignment", AlignAsync);
    }

    private static async Task<IResult> SearchAsync(
        DatastoreRegistry datastores,
        QueryExplainer explainer,
        [AsParameters] SearchForm form,
        CancellationToken cancellation
    )
    {
        var sides = new List<SearchSide>();
        if (!string.IsNullOrWhiteSpace(form.Query))
        {
            sides.Add(await AskAsync(explainer, form, form.First, cancellation));
            if (form.Compare == true)
            {
                sides.Add(await AskAsync(explainer, form, form.Second, cancellation));
            }
        }

        return View.Of<SearchPage, SearchModel>(new(datastores.Names, form, sides));
    }

    private static async Task<SearchSide> AskAsync(
        QueryExplainer explainer,
        SearchForm form,
        SearchSetting setting,
        CancellationToken cancellation
    )
    {
        var request = new QueryRequest
        {
            Question = form.Query!,
            Datastore = form.Datastore ?? "default",
            PathGlob = setting.Path == "" ? null : setting.Path,
            MaxTokens = setting.Tokens,
        };
        try
        {
            var explanation = await explainer.ExplainAsync(request, setting.Signal, cancellation);
            return new SearchSide(form, request.Datastore, setting, explanation, Refusal: "");
        }
        catch (Exception refusal) when (Refusals.IsFixable(refusal))
        {
            return new SearchSide(form, request.Datastore, setting, Explanation: null, refusal.Message);
        }
    }

    private static async Task<IResult> AlignAsync(
        QueryExplainer explainer,
        string datastore,
        long passage,
        [FromQuery(Name = "q")] string query,
        CancellationToken cancellation
    ) => View.Of<HeatMap, TokenAlignment>(await explainer.AlignAsync(datastore, query, passage, cancellation));
}

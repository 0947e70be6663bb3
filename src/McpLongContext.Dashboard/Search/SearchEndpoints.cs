using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Retrieval.Explanations;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Dashboard.Visitors;
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
        pages.MapGet("/search", SearchAsync).Needs(Scopes.Read);
        pages.MapGet("/search/alignment", AlignAsync).Needs(Scopes.Read);
    }

    private static async Task<IResult> SearchAsync(
        DatastoreRegistry datastores,
        QueryExplainer explainer,
        Visitor visitor,
        [AsParameters] SearchForm form,
        CancellationToken cancellation
    )
    {
        var sides = new List<SearchSide>();
        if (!string.IsNullOrWhiteSpace(form.Query))
        {
            sides.Add(await AskAsync(explainer, visitor, form, form.First, cancellation));
            if (form.Compare == true)
            {
                sides.Add(await AskAsync(explainer, visitor, form, form.Second, cancellation));
            }
        }

        return View.Of<SearchPage, SearchModel>(new(visitor.See(datastores.Names), form, sides));
    }

    private static async Task<SearchSide> AskAsync(
        QueryExplainer explainer,
        Visitor visitor,
        SearchForm form,
        SearchSetting setting,
        CancellationToken cancellation
    )
    {
        var request = new QueryRequest
        {
            Question = form.Query!,
            Datastore = form.Datastore ?? visitor.Access.UsualDatastore,
            PathGlob = setting.Path == "" ? null : setting.Path,
            MaxTokens = setting.Tokens,
        };
        try
        {
            visitor.Access.Require(request.Datastore);
            var explanation = await explainer.ExplainAsync(request, setting.Signal, cancellation);
            return new SearchSide(form, request.Datastore, setting, explanation, Refusal: "");
        }
        catch (Exception refusal) when (Refusals.IsFixable(refusal))
        {
            return new SearchSide(
                form,
                request.Datastore,
                setting,
                Explanation: null,
                visitor.Access.MessageOf(refusal)
            );
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

using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Rendering;

/// <summary>An answer that is rendered by a component, once, on the server: text in it is encoded, never markup.</summary>
internal static class View
{
    /// <summary>The component over a model.</summary>
    /// <param name="model">The data to show.</param>
    /// <param name="status">The status of the answer.</param>
    public static IResult Of<TView, TModel>(TModel model, int status = StatusCodes.Status200OK)
        where TView : ViewOf<TModel> => new Rendered<TView, TModel>(model, status);

    private sealed class Rendered<TView, TModel>(TModel model, int status) : IResult
        where TView : ViewOf<TModel>
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var services = httpContext.RequestServices;
            await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
            var html = await renderer.Dispatcher.InvokeAsync(async () =>
            {
                var parameters = new Dictionary<string, object?> { [nameof(ViewOf<>.Model)] = model };
                var root = await renderer.RenderComponentAsync<TView>(ParameterView.FromDictionary(parameters));
                return root.ToHtmlString();
            });
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "text/html; charset=utf-8";
            await httpContext.Response.WriteAsync(html, httpContext.RequestAborted);
        }
    }
}

using Microsoft.AspNetCore.Components;

namespace McpLongContext.Dashboard.Rendering;

/// <summary>A page, or a part of one, that shows a model and does nothing else.</summary>
/// <typeparam name="TModel">The type of what is shown.</typeparam>
public abstract class ViewOf<TModel> : ComponentBase
{
    /// <summary>The data to show.</summary>
    [Parameter, EditorRequired]
    public required TModel Model { get; set; }
}

namespace McpLongContext.Context.Contracts;

/// <summary>The outcome of an answer.</summary>
public enum AnswerState
{
    /// <summary>There is one, and the evidence bears its words.</summary>
    Answered,

    /// <summary>The evidence is thin, the model says that it is not there, or what it wrote is not.</summary>
    Abstained,

    /// <summary>The answer took too long.</summary>
    Unfinished,

    /// <summary>There is no model that could write one.</summary>
    Unavailable,
}

/// <summary>An answer that a local model wrote from the evidence, or why there is none.</summary>
public sealed record LocalAnswer
{
    /// <summary>The outcome.</summary>
    public required AnswerState State { get; init; }

    /// <summary>The answer; <see langword="null"/> when there is none.</summary>
    public string? Text { get; init; }

    /// <summary>The passages of the evidence that it stands on: <c>path:start-end</c>.</summary>
    public IReadOnlyList<string> Citations { get; init; } = [];

    /// <summary>The model; <see langword="null"/> when none was asked.</summary>
    public string? Model { get; init; }

    /// <summary>Why there is no answer, a sentence; <see langword="null"/> when there is one.</summary>
    public string? Reason { get; init; }

    /// <summary>Seconds that it took beyond the evidence.</summary>
    public double Seconds { get; init; }

    /// <summary>
    /// The decoder memory that the model had; <see langword="null"/> where it read passages that were found for it.
    /// </summary>
    public MemoryUse? Memory { get; init; }

    /// <summary>No answer.</summary>
    /// <param name="state">The outcome.</param>
    /// <param name="reason">Why, a sentence.</param>
    /// <param name="model">The model, when one was asked.</param>
    internal static LocalAnswer Without(AnswerState state, string reason, string? model = null) =>
        new()
        {
            State = state,
            Reason = reason,
            Model = model,
        };
}

/// <summary>Where an answer stands.</summary>
/// <param name="Tokens">Tokens written so far; 0 while the model is loaded and reads.</param>
public sealed record AnswerProgress(int Tokens);

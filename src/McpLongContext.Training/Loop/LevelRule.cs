namespace McpLongContext.Training.Loop;

/// <summary>When a training whose examples become harder goes on to the next level.</summary>
internal static class LevelRule
{
    /// <summary>The share of exact answers at which the next level begins.</summary>
    public const double Threshold = 0.7;

    /// <summary>The fewest steps of a level.</summary>
    public const int LeastSteps = 25;

    /// <summary>How much of the moving average a step replaces.</summary>
    private const double Momentum = 0.1;

    /// <summary>Enters the answers of a step, and goes on to the next level once they are mostly right.</summary>
    /// <param name="state">The state after the step.</param>
    /// <param name="exact">The share of exact answers.</param>
    /// <param name="last">The last level.</param>
    public static TrainingState Advance(TrainingState state, double exact, int last)
    {
        state = state with { Exact = state.Exact + (Momentum * (exact - state.Exact)) };
        return state.Exact > Threshold && state.StepsAtLevel > LeastSteps && state.Level < last
            ? state with
            {
                Level = state.Level + 1,
                StepsAtLevel = 0,
                Exact = state.Exact * 0.9,
            }
            : state;
    }
}

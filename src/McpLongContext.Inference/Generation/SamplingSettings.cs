namespace McpLongContext.Inference.Generation;

/// <summary>How the next token is chosen. Validated; the default is the likeliest one, always.</summary>
public sealed record SamplingSettings
{
    private readonly float _temperature;
    private readonly int _topK;
    private readonly float _topP = 1;
    private readonly float _minP;
    private readonly float _repetitionPenalty = 1;
    private readonly int _repetitionWindow = 64;

    /// <summary>Always the likeliest token.</summary>
    public static SamplingSettings Greedy { get; } = new();

    /// <summary>
    /// 0 for always the likeliest token; 1 for the model's own probabilities, higher for flatter ones.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or not finite.</exception>
    public float Temperature
    {
        get => _temperature;
        init => _temperature = Within(value, 0, float.MaxValue, nameof(Temperature));
    }

    /// <summary>Only so many of the likeliest tokens; 0 for all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int TopK
    {
        get => _topK;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _topK = value;
        }
    }

    /// <summary>Only the likeliest tokens that together have at least this probability; 1 for all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public float TopP
    {
        get => _topP;
        init => _topP = Within(value, 0, 1, nameof(TopP));
    }

    /// <summary>Only tokens of at least this part of the likeliest one's probability; 0 for all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public float MinP
    {
        get => _minP;
        init => _minP = Within(value, 0, 1, nameof(MinP));
    }

    /// <summary>
    /// The divisor of positive logits of recent tokens and the multiplier of negative ones (Keskar et al. 2019, arXiv
    /// 1909.05858); 1 for nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1 or above 10.</exception>
    public float RepetitionPenalty
    {
        get => _repetitionPenalty;
        init => _repetitionPenalty = Within(value, 1, 10, nameof(RepetitionPenalty));
    }

    /// <summary>How many tokens count as recent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 4096.</exception>
    public int RepetitionWindow
    {
        get => _repetitionWindow;
        init => _repetitionWindow = (int)Within(value, 0, 4096, nameof(RepetitionWindow));
    }

    /// <summary>Chooses the random numbers: the same seed, settings and logits give the same tokens.</summary>
    public ulong Seed { get; init; }

    private static float Within(float value, float least, float most, string name) =>
        value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name}: expected {least} to {most}.");
}

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace McpLongContext.Context.Telemetry;

/// <summary>
/// The instruments of Context, named by OpenTelemetry's conventions for generative AI where these have a name. They tell
/// numbers, and the names of models and datastores: never a text, a query or a path. Without a listener a measurement
/// costs one comparison.
/// </summary>
/// <remarks>
/// Names and buckets: OpenTelemetry, "Semantic conventions for generative AI metrics", status Development.
/// </remarks>
internal static class ContextMeter
{
    /// <summary>The name of the meter and of the source of activities; those of other libraries begin with it.</summary>
    public const string Name = "McpLongContext";

    /// <summary>The attribute of the operation's name.</summary>
    public const string OperationName = "gen_ai.operation.name";

    /// <summary>The attribute of a model's name.</summary>
    public const string Model = "gen_ai.request.model";

    /// <summary>The attribute of a datastore's name.</summary>
    public const string DataSource = "gen_ai.data_source.id";

    /// <summary>The attribute that says whether tokens were read (<c>input</c>) or written (<c>output</c>).</summary>
    public const string TokenType = "gen_ai.token.type";

    private const string ProviderName = "gen_ai.provider.name";
    private const string Provider = "mcp_long_context";

    /// <summary>The attribute with the name of a cache.</summary>
    public const string CacheName = "mcp_long_context.cache.name";

    /// <summary>The attribute that says whether a cache had it.</summary>
    public const string CacheHit = "mcp_long_context.cache.hit";

    private static readonly Meter s_meter = new(Name);

    private static readonly Histogram<long> s_tokens = s_meter.CreateHistogram(
        "gen_ai.client.token.usage",
        "{token}",
        "Tokens that a model read or wrote.",
        advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304],
        }
    );

    private static readonly Counter<long> s_lookups = s_meter.CreateCounter<long>(
        "mcp_long_context.cache.lookups",
        "{lookup}",
        "Lookups in a cache, found or not."
    );

    /// <summary>The source of activities.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Durations of operations.</summary>
    public static Histogram<double> OperationDuration { get; } =
        s_meter.CreateHistogram(
            "gen_ai.client.operation.duration",
            "s",
            "Duration of a retrieval, or of writing by a model.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                [
                    0.01,
                    0.02,
                    0.04,
                    0.08,
                    0.16,
                    0.32,
                    0.64,
                    1.28,
                    2.56,
                    5.12,
                    10.24,
                    20.48,
                    40.96,
                    81.92,
                ],
            }
        );

    /// <summary>Durations of jobs.</summary>
    public static Histogram<double> JobDuration { get; } =
        s_meter.CreateHistogram<double>("mcp_long_context.job.duration", "s", "Duration of a job.");

    /// <summary>The attributes of an operation.</summary>
    public static TagList TagsOf(string operation) =>
        new() { { OperationName, operation }, { ProviderName, Provider } };

    /// <summary>Counts tokens.</summary>
    /// <param name="operation">The operation, of <see cref="Operation"/>.</param>
    /// <param name="type"><c>input</c> or <c>output</c>.</param>
    /// <param name="model">The model's name, where it is known.</param>
    /// <param name="count">The number of tokens; 0 counts nothing.</param>
    public static void CountTokens(string operation, string type, string? model, long count)
    {
        if (count <= 0 || !s_tokens.Enabled)
        {
            return;
        }

        var tags = TagsOf(operation);
        tags.Add(TokenType, type);
        if (model is not null)
        {
            tags.Add(Model, model);
        }

        s_tokens.Record(count, tags);
    }

    /// <summary>Counts lookups in a cache.</summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="isHit">Whether they were found.</param>
    /// <param name="count">The number of lookups; 0 counts nothing.</param>
    public static void CountLookups(string cache, bool isHit, long count = 1)
    {
        if (count > 0 && s_lookups.Enabled)
        {
            s_lookups.Add(count, new TagList { { CacheName, cache }, { CacheHit, isHit } });
        }
    }
}

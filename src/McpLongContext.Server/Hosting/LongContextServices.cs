using McpLongContext.Context.Answers;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Freshness;
using McpLongContext.Context.Inferrers;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.Management;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Memories.Infini;
using McpLongContext.Context.Memories.Unlimiformer;
using McpLongContext.Context.Memories.Window;
using McpLongContext.Context.Positions;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Explanations;
using McpLongContext.Context.Summaries;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Proof;
using McpLongContext.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Server.Hosting;

/// <summary>The composition root: what the tools and commands do, composed once for a process.</summary>
internal static class LongContextServices
{
    /// <summary>
    /// Adds everything that tools and commands do. Nothing is created, opened or loaded before it is first asked for.
    /// Before the services are disposed of, the <see cref="JobRegistry"/> is: jobs use them.
    /// </summary>
    /// <param name="services">Has a clock and logging, too.</param>
    /// <param name="options">Where data are kept, and what may be read.</param>
    public static IServiceCollection AddLongContext(this IServiceCollection services, LongContextOptions options) =>
        services
            .AddSingleton(options)
            .AddSingleton(new CurrentUnlimiformer(options.Unlimiformer))
            .AddTransient(typeof(Lazy<>), typeof(LazyService<>))
            .AddStores(options)
            .AddModels(options)
            .AddMemories(options)
            .AddUseCases();

    private static IServiceCollection AddStores(this IServiceCollection services, LongContextOptions options) =>
        services
            .AddSingleton(provider => new SearchDevices(() =>
                SearchDeviceOpening.Open(options.Unlimiformer, provider.GetRequiredService<ILoggerFactory>())
            ))
            .AddSingleton(provider => new DatastoreRegistry(
                new DatastoreHome(options.Home, devices: provider.GetRequiredService<SearchDevices>().Open())
            ))
            .AddSingleton(_ => new DocumentPaths(RealPath.Of(options.WorkingDirectory)))
            .AddSingleton(_ => new AllowedRoots(options.AllowedRoots))
            .AddSingleton<DocumentFinder>()
            .AddSingleton<InferenceSources>()
            .AddSingleton<JobRegistry>();

    private static IServiceCollection AddModels(this IServiceCollection services, LongContextOptions options) =>
        services
            .AddSingleton(_ => new ModelStore(
                new ModelStoreOptions
                {
                    Folder = options.Models ?? Path.Combine(options.Home, "models"),
                    Proof = new ModelProof(options.DecoderPrecision, options.EncoderPrecision).Run,
                }
            ))
            .AddSingleton(provider => new EncoderProvider(
                provider.GetRequiredService<ModelStore>(),
                options.EncoderPrecision,
                options.InstallDefaultEncoder,
                options.Encoder
            ))
            .AddSingleton(provider => new DecoderProvider(
                provider.GetRequiredService<ModelStore>(),
                options.DecoderPrecision
            ))
            .AddSingleton(provider => new EncoderDecoderProvider(
                provider.GetRequiredService<ModelStore>(),
                options.DecoderPrecision
            ))
            .AddSingleton<BitModels>()
            .AddSingleton<EncodingDemands>()
            .AddSingleton<QueryPriority>();

    private static IServiceCollection AddMemories(this IServiceCollection services, LongContextOptions options) =>
        services
            .AddSingleton(provider => new MemoryJobs(
                provider.GetRequiredService<DatastoreRegistry>(),
                provider.GetRequiredService<JobRegistry>(),
                options.ResumeEncoding
            ))
            .AddSingleton<EvidenceReader>()
            .AddSingleton<LongInferenceRunner>()
            .AddSingleton<IMemory, WindowMemory>()
            .AddSingleton<UnlimiformerBuilder>()
            .AddSingleton<MemorySources>()
            .AddSingleton<MemoryReader>()
            .AddSingleton<IMemory, UnlimiformerMemory>()
            .AddSingleton<InfiniBuilder>()
            .AddSingleton<IMemory, InfiniMemory>()
            .AddSingleton<MemoryRegistry>();

    private static IServiceCollection AddUseCases(this IServiceCollection services) =>
        services
            .AddSingleton<Ingestor>()
            .AddSingleton<IIngestor>(provider => provider.GetRequiredService<Ingestor>())
            .AddSingleton<BackgroundEncoding>()
            .AddSingleton<FreshnessKeeper>()
            .AddSingleton<ISourceWatcher>(provider => provider.GetRequiredService<FreshnessKeeper>())
            .AddSingleton<HistoryKeeper>()
            .AddSingleton<Retriever>()
            .AddSingleton<IRetriever>(provider => provider.GetRequiredService<Retriever>())
            .AddSingleton<Rehearsal>()
            .AddSingleton<RetrievalWarmUp>()
            .AddSingleton<QueryExplainer>()
            .AddSingleton(provider =>
            {
                var memories = provider.GetRequiredService<MemoryRegistry>();
                return new AnswerWriter(
                    kind => memories[kind],
                    provider.GetRequiredService<DecoderProvider>(),
                    provider.GetRequiredService<TimeProvider>()
                );
            })
            .AddSingleton<BitInferrer>()
            .AddSingleton<BitCompressor>()
            .AddSingleton<Summarizer>()
            .AddSingleton<LongInferrer>()
            .AddSingleton<DatastoreManager>()
            .AddSingleton<IDatastoreManager>(provider => provider.GetRequiredService<DatastoreManager>())
            .AddSingleton<DatastoreGauges>()
            .AddSingleton<ChunkingManager>()
            .AddSingleton<ContextExtender>();

    /// <summary>A service that is created when it is first used: the handshake waits for none.</summary>
    private sealed class LazyService<T>(IServiceProvider services) : Lazy<T>(services.GetRequiredService<T>)
        where T : notnull;
}

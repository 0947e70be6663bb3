using System.CommandLine;
using McpLongContext.Inference.Models;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Lists models; its subcommands install and remove one, and change its window.</summary>
internal sealed class ModelsCommand : ServiceCommand
{
    public ModelsCommand(GlobalOptions global)
        : this("models", "List, install, remove models, expand their windows.", global)
    {
        Subcommands.Add(
            new ModelsCommand("list", "List the models that are known or installed (the default).", global)
        );
        Subcommands.Add(new InstallCommand(global));
        Subcommands.Add(new RemoveCommand(global));
        Subcommands.Add(new ExpandModelCommand(global));
    }

    private ModelsCommand(string name, string description, GlobalOptions global)
        : base(name, description, global) { }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var models = call.Get<ModelStore>();
        var installed = models.List();
        var known = models.Catalog.Entries.Where(entry => installed.All(model => model.Name != entry.Name));
        ModelLine[] lines =
        [
            .. installed.Select(model => ModelLine.Create(model.Entry, model.Folder)),
            .. known.Select(entry => ModelLine.Create(entry, folder: null)),
        ];
        await call.WriteAsync(lines, static lines => string.Join('\n', lines.Select(line => line.Render())));
        return CommandLine.Done;
    }

    private sealed class InstallCommand : ServiceCommand
    {
        private readonly Argument<string?> _model = new("MODEL")
        {
            Description =
                "A name of the list, hf:ORG/REPO of the model hub (also hf:ORG/REPO:Q8_0), or a folder or .gguf file; left "
                + "out, the default encoder.",
            Arity = ArgumentArity.ZeroOrOne,
        };

        public InstallCommand(GlobalOptions global)
            : base("install", "Install a model; what is installed already stays.", global) => Arguments.Add(_model);

        protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
        {
            var name = call.Parsed.GetValue(_model) ?? call.Get<ModelStore>().Catalog.DefaultEncoder.Name;
            var display = ModelDisplay.Create(call.Parsed.InvocationConfiguration.Error);
            var model = await display.ShowAsync(() => call.Get<ModelStore>().InstallAsync(name, display, cancellation));
            await call.WriteAsync(ModelLine.Create(model.Entry, model.Folder), static line => line.RenderInstalled());
            return CommandLine.Done;
        }
    }

    private sealed class RemoveCommand : ServiceCommand
    {
        private readonly Argument<string> _model = new("MODEL") { Description = "The model, as the list names it." };

        public RemoveCommand(GlobalOptions global)
            : base("remove", "Remove an installed model.", global) => Arguments.Add(_model);

        protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
        {
            var model = call.Parsed.GetValue(_model)!;
            await call.Get<ModelStore>().RemoveAsync(model, cancellation);
            await call.WriteAsync(new RemovedModel(model), static removed => $"Removed model {removed.Model}.");
            return CommandLine.Done;
        }

        private sealed record RemovedModel(string Model);
    }

    private sealed record ModelLine(
        string Name,
        bool Installed,
        string? Purpose,
        long Bytes,
        string? License,
        string Source,
        string? Folder,
        ModelReport? Report
    )
    {
        public static ModelLine Create(ModelEntry entry, string? folder) =>
            new(
                entry.Name,
                folder is not null,
                entry.Purpose,
                entry.Size,
                entry.License,
                entry.Source,
                folder,
                entry.Report
            );

        /// <summary>The line, and what was found out about the model.</summary>
        public string RenderInstalled()
        {
            if (Report is not { } report)
            {
                return Render();
            }

            var token = report.TokenBytes > 0 ? $" and {IngestText.Size(report.TokenBytes)} a token" : "";
            var facts =
                $"{report.Family}, {report.Parameters:N0} parameters, window {report.Window:N0} tokens, {report.Precision}, "
                + $"memory {IngestText.Size(report.WeightBytes)}{token}; a short text ran through it";
            return string.Join('\n', [Render(), facts, .. report.Warnings.Select(warning => $"warning: {warning}")]);
        }

        public string Render() =>
            $"{Name}\t{(Installed ? "installed" : "not installed")}\t{Purpose ?? "-"}\t{(Bytes > 0 ? IngestText.Size(Bytes) : "size unknown")}\t"
            + $"{License ?? "license unknown"}\t{Folder ?? Source}";
    }
}

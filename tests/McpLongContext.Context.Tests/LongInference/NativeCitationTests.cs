using McpLongContext.Context.Contracts;
using McpLongContext.Context.LongInference;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>A window of a document that has pages, cells or times is cited by them.</summary>
public sealed class NativeCitationTests : IAsyncLifetime
{
    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("native-");
    private LongContextService _service = null!;

    public async ValueTask InitializeAsync()
    {
        Write("talk.vtt", "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ann>The harbour opens at dawn.\n");
        Write(
            "pump.ipynb",
            """
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
              {"cell_type": "markdown", "metadata": {}, "source": ["# Pump"]},
              {"cell_type": "code", "metadata": {}, "source": ["pressure = 3.2"], "outputs": [], "execution_count": 1}]}
            """
        );
        Write("notes.txt", "One.\nTwo.\n");
        _service = TestService.Create(_sandbox.FullName, _sandbox.FullName, encodes: false);
        await _service.IngestAsync(
            new IngestRequest { Paths = [_sandbox.FullName], Wait = null },
            null,
            TestContext.Current.CancellationToken
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public void Lines_of_subtitles_are_cited_with_their_time() =>
        Assert.Matches(@"^talk\.vtt:\d+-\d+ at t=00:00:01-00:00:04$", SourceOf("talk.vtt").Cite!(1, 4));

    [Fact]
    public void Lines_of_a_notebook_are_cited_by_their_cells() =>
        Assert.Equal("pump.ipynb#cell=1-2", SourceOf("pump.ipynb").Cite!(1, 100));

    [Fact]
    public void Plain_text_is_cited_by_its_lines() => Assert.Null(SourceOf("notes.txt").Cite);

    private InferenceSource SourceOf(string document) =>
        Assert.Single(
            _service
                .Get<InferenceSources>()
                .Select(new LongInferenceRequest { Mode = InferenceMode.Score, Document = document })
                .Sources
        );

    private void Write(string name, string content) =>
        File.WriteAllText(Path.Combine(_sandbox.FullName, name), content);
}

using System.IO.Compression;
using System.Text;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Tests.Ingestion;

/// <summary>Files of document formats go the whole way: ingested, found, cited by their places, kept up to date.</summary>
public sealed class DocumentFormatTests : IAsyncLifetime
{
    private const string Notebook = """
        {"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": [
          {"cell_type": "markdown", "source": "# Churn\nWe drop customers with fewer than three invoices."},
          {"cell_type": "code", "source": "threshold = quantile(invoices, 0.9)", "outputs": [
            {"output_type": "stream", "text": "retention 0.8731\n"}]}]}
        """;

    private const string Captions =
        "WEBVTT\n\n00:12:03.000 --> 00:12:09.000\n<v Ann>The harbormaster's extension is 7714.\n";

    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("formats-");
    private LongContextService _service = null!;

    private string Source => Path.Combine(_sandbox.FullName, "source");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        _service = TestService.Create(_sandbox.FullName, Source);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public async Task A_place_in_the_file_is_the_citation()
    {
        Write("churn.ipynb", Notebook);
        await IngestAsync();

        var evidence = await AskAsync("fewer than three invoices");
        Assert.Equal("churn.ipynb#cell=1", evidence.Citation);
        Assert.Equal("cell=1", evidence.Location);
        Assert.Equal("Churn", evidence.Context);
        Assert.Equal("churn.ipynb#cell=2", (await AskAsync("\"retention 0.8731\"")).Citation);
    }

    [Fact]
    public async Task A_time_stands_beside_the_lines_of_the_file()
    {
        Write("talk.vtt", Captions);
        await IngestAsync();

        var evidence = await AskAsync("extension of the harbormaster");
        Assert.Equal("talk.vtt:4-4", evidence.Citation);
        Assert.Equal("t=00:12:03-00:12:09", evidence.Location);
        Assert.Equal("Ann: The harbormaster's extension is 7714.", evidence.Text);
    }

    [Fact]
    public async Task The_lines_of_a_result_are_those_of_the_resource()
    {
        Write("churn.ipynb", Notebook);
        await IngestAsync();

        var evidence = await AskAsync("\"retention 0.8731\"");
        var text = _service.ReadDocument("default", "churn.ipynb", evidence.StartLine, evidence.EndLine);
        Assert.Contains("retention 0.8731", text.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_HTML_is_cited_by_its_own_lines()
    {
        var words = string.Join(' ', Enumerable.Repeat("the gland is inspected before the pump", 10));
        Write(
            "manual.html",
            $"<html><body>\n<p>{words}</p><p>{words}</p>\n\n<p>Grease is Calypsol\nH433.</p>\n</body></html>"
        );
        await IngestAsync();

        Assert.Contains(
            await CitationsAsync("Calypsol H433"),
            citation => citation.EndsWith("-5", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task An_unchanged_file_is_not_stored_again_and_a_changed_or_deleted_one_is_seen()
    {
        Write("churn.ipynb", Notebook);
        Write("talk.vtt", Captions);
        await IngestAsync();

        Write("talk.vtt", Captions.Replace("7714", "8825", StringComparison.Ordinal));
        var changed = await IngestAsync();
        File.Delete(Path.Combine(Source, "churn.ipynb"));
        var deleted = await IngestAsync();

        Assert.Equal((0, 1, 1, 0), (changed.Added, changed.Updated, changed.Unchanged, changed.Removed));
        Assert.Equal((0, 0, 1, 1), (deleted.Added, deleted.Updated, deleted.Unchanged, deleted.Removed));
    }

    [Fact]
    public async Task What_cannot_be_read_is_skipped_with_its_reason()
    {
        Write("notes.txt", "The keeper wrote everything down.\n");
        Write("broken.pdf", "%PDF-1.7\nnothing of a PDF after its mark");
        await using (var bomb = File.Create(Path.Combine(Source, "bomb.docx")))
        {
            await using var archive = await ZipArchive.CreateAsync(bomb, ZipArchiveMode.Create, true, Encoding.UTF8);
            await using var part = await archive.CreateEntry("word/document.xml").OpenAsync();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 130; i++)
            {
                await part.WriteAsync(zeros);
            }
        }

        var skipped = (await IngestAsync()).Skipped.ToDictionary(file => file.Path, file => file.Reason);

        Assert.Contains("damaged PDF", skipped["broken.pdf"], StringComparison.Ordinal);
        Assert.Contains("unpacked it is larger", skipped["bomb.docx"], StringComparison.Ordinal);
        Assert.Equal(2, skipped.Count);
    }

    [Fact]
    public async Task A_private_key_in_a_document_is_never_read()
    {
        Write("notes.txt", "The keeper wrote everything down.\n");
        Write(
            "key.ipynb",
            """{"cells": [{"cell_type": "raw", "source": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"}], "metadata": {}}"""
        );

        var skipped = Assert.Single((await IngestAsync()).Skipped);
        Assert.Contains("private key", skipped.Reason, StringComparison.Ordinal);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Source, name), text);

    private Task<IngestReport> IngestAsync() =>
        _service.IngestAsync(new IngestRequest { Paths = [Source] }, null, TestContext.Current.CancellationToken);

    private async Task<Evidence> AskAsync(string question) => (await QueryAsync(question)).Evidence[0];

    private async Task<IEnumerable<string>> CitationsAsync(string question) =>
        (await QueryAsync(question)).Evidence.Select(passage => passage.Citation);

    private Task<QueryResult> QueryAsync(string question) =>
        _service.QueryAsync(new QueryRequest { Question = question, TopK = 1 }, TestContext.Current.CancellationToken);
}

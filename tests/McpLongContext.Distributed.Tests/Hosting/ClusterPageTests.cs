using System.Net;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Hosting;

/// <summary>Any silo shows the cluster as a page, and sends backups.</summary>
[Collection(nameof(TwoSilos))]
public sealed class ClusterPageTests(TwoSilos cluster)
{
    [Fact]
    public async Task Any_silo_shows_all_silos_and_the_copies_of_their_shards()
    {
        foreach (var silo in new[] { cluster.First, cluster.Second })
        {
            using var response = await GetAsync(silo, "/");
            var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("<th scope=\"row\">silo-a</th>", page);
            Assert.Contains("<th scope=\"row\">silo-b</th>", page);
            var shards = page.Split("<tr>").Where(row => row.Contains($">{TwoSilos.Datastore}<")).ToList();
            Assert.Equal(2, shards.Count);
            Assert.All(shards, row => Assert.Contains("<td>current</td>", row));
            Assert.Contains("default-src", response.Headers.GetValues("Content-Security-Policy").Single());
        }
    }

    [Theory]
    [InlineData("/backups/docs", HttpStatusCode.OK)]
    [InlineData("/backups/nothing", HttpStatusCode.NotFound)]
    [InlineData("/backups/no%20name", HttpStatusCode.BadRequest)]
    public async Task A_backup_is_sent_or_refused(string address, HttpStatusCode expected)
    {
        using var response = await GetAsync(cluster.Second, address);

        Assert.Equal(expected, response.StatusCode);
    }

    private static async Task<HttpResponseMessage> GetAsync(TestSilo silo, string address)
    {
        using var client = new HttpClient();
        return await client.GetAsync(new Uri(silo.Url, address), TestContext.Current.CancellationToken);
    }
}

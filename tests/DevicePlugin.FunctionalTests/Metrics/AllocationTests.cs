using System.Text.RegularExpressions;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Metrics;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class AllocationTests
{
    private const string Gpu0 = "GPU-00000000-0000-0000-0000-000000000000";

    private const string OneTask = $$$$$"""
        [{"ID": "alloc-1", "Namespace": "ml", "JobID": "train", "AllocatedResources": {"Tasks": {
          "main": {"Devices": [{"Vendor": "nvidia", "Type": "gpu", "Name": "x", "DeviceIDs": ["{{{{{Gpu0}}}}}"]}]}}}}]
        """;

    [Test]
    public async Task Nomad_ThatAnswers_GivesTheTaskOfADevice()
    {
        using var nomad = new NomadDouble { Allocations = OneTask };
        var token = Path.GetTempFileName();
        await File.WriteAllTextAsync(token, "secret-1\n");
        await using var node = await StartAsync(nomad, $", \"nomad_token_file\": \"{token}\"");

        double[] found = [];
        await Eventually.BecomesTrue(() => (found = node.ScrapeAsync().Result.Find(
            "nomad_device_gpu_allocation_info", ("device_id", Gpu0), ("replica_id", Gpu0), ("alloc_id", "alloc-1"),
            ("task", "main"), ("job", "train"), ("namespace", "ml"))).Length > 0);

        Assert.That(found, Is.EqualTo(new[] { 1.0 }));
        Assert.That(nomad.LastToken, Is.EqualTo("secret-1"));
        Assert.That(nomad.LastQuery, Does.StartWith("NodeID == \"node-7\" and ("));
        Assert.That((await node.ScrapeAsync()).Find("nomad_device_gpu_nomad_up"), Is.EqualTo(new[] { 1.0 }));
        File.Delete(token);
    }

    [Test]
    public async Task Reservation_MakesThePluginAskAgain_WithTheTokenOfNow()
    {
        using var nomad = new NomadDouble();
        var token = Path.GetTempFileName();
        await File.WriteAllTextAsync(token, "secret-1");
        await using var node = await StartAsync(nomad, $", \"nomad_token_file\": \"{token}\"");
        await nomad.NextAsync().DefaultTimeout();
        await nomad.NextAsync().DefaultTimeout();

        await File.WriteAllTextAsync(token, "secret-22");
        nomad.Allocations = OneTask;
        await node.Plugin.ReserveAsync(Gpu0, CancellationToken.None).DefaultTimeout();
        await nomad.NextAsync().DefaultTimeout();

        Assert.That(nomad.LastToken, Is.EqualTo("secret-22"));
        File.Delete(token);
    }

    [TestCase(500, "[]")]
    [TestCase(403, "Permission denied")]
    [TestCase(200, "<html>")]
    public async Task Nomad_ThatDoesNotSay_CostsTheseLabelsAndOneWarning(int status, string allocations)
    {
        using var nomad = new NomadDouble { Status = status, Allocations = allocations };
        await using var node = await StartAsync(nomad, "");
        await node.NextLogAsync(Unknown());

        var text = await node.ScrapeAsync();

        Assert.That(text.Find("nomad_device_gpu_nomad_up"), Is.EqualTo(new[] { 0.0 }));
        Assert.That(text.Find("nomad_device_gpu_allocation_info"), Is.Empty);
        Assert.That(text.Find("DCGM_FI_DEV_GPU_TEMP"), Has.Length.EqualTo(8));
    }

    [Test]
    public async Task Nomad_ThatAnswersWithTextThatIsNone_IsAskedAgain()
    {
        using var nomad = new NomadDouble { Allocations = OneTask.Replace("alloc-1", "\\ud800", StringComparison.Ordinal) };
        await using var node = await StartAsync(nomad, "");
        await node.NextLogAsync(Unknown());

        nomad.Allocations = OneTask;
        await node.Plugin.ReserveAsync(Gpu0, CancellationToken.None).DefaultTimeout();

        await Eventually.BecomesTrue(() => node.ScrapeAsync().Result.Find(
            "nomad_device_gpu_allocation_info", ("device_id", Gpu0), ("replica_id", Gpu0), ("alloc_id", "alloc-1"),
            ("task", "main"), ("job", "train"), ("namespace", "ml")).Length > 0);
    }

    private static Task<MetricsNode> StartAsync(NomadDouble nomad, string more) => MetricsNode.StartAsync(
        "dgx-h100", $"\"address\": \"127.0.0.1:0\", \"nomad_address\": \"{nomad.Address}\"{more}");

    [GeneratedRegex("does not say which tasks have which devices")]
    private static partial Regex Unknown();
}

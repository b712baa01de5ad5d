using System.Text.Json;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>What an operator does on a node, with the plugin running and not running, as Nomad sees it.</summary>
[Platform("Linux")]
internal sealed class OperatorTests
{
    private const int Bad = 3;

    [Test]
    public async Task Cordon_WhileThePluginServes_HoldsOverACrash_UntilUncordon()
    {
        using var node = new MockedNode();
        var uuid = node.Uuid(Bad);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", uuid, "--reason", "RMA-123", "--json"),
            "Await=cordoned by root since", $"Reserve={uuid}", "Crash",
            "Launch", "SetConfig", "Fingerprint", node.Runs("uncordon", "3"), "Await", $"Reserve={uuid}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(new[] { "Reserve" }), run.Logs);
        var (exitCode, output) = Result(run.Step("Run"));
        Assert.That(exitCode, Is.Zero, output);
        using var answer = JsonDocument.Parse(output);
        Assert.That(answer.RootElement.GetProperty("schema_version").GetInt32(), Is.EqualTo(1));
        Assert.That(answer.RootElement.GetProperty("done_by").GetString(), Is.EqualTo("plugin"));
        Assert.That(Described(run.Step("Fingerprint")), Is.Empty);
        var (id, text) = Described(run.Step("Fingerprint", 1)).Single();
        Assert.That(id, Is.EqualTo(uuid));
        Assert.That(text, Does.Match(@"^cordoned by root since \S+: RMA-123$"));
        Assert.That(Result(run.Step("Run", 1)).Output, Does.StartWith($"{uuid}: uncordoned; it was cordoned by root since "));
        Assert.That(run.Logs, Does.Contain("root (uid 0) ran \\\"cordon\\\": GPU"));
    }

    [Test]
    public async Task Cordon_WhileThePluginDoesNotRun_IsInTheFirstMessage()
    {
        using var node = new MockedNode();
        var uuid = node.Uuid(Bad);

        var run = await node.RunAsync(
            node.Runs("cordon", uuid[..12], "--reason", "board swap"), "Launch", "SetConfig", "Fingerprint", "Kill",
            node.Runs("health", "list", "--json"));

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run")).ExitCode, Is.Zero, run.Logs);
        Assert.That(Described(run.Step("Fingerprint")).Single().Key, Is.EqualTo(uuid));
        using var list = JsonDocument.Parse(Result(run.Step("Run", 1)).Output);
        Assert.That(list.RootElement.GetProperty("done_by").GetString(), Is.EqualTo("record"));
        var gpus = list.RootElement.GetProperty("gpus").EnumerateArray().ToList();
        Assert.That(gpus, Has.Count.EqualTo(8));
        Assert.That(
            gpus.Single(gpu => gpu.TryGetProperty("cordon", out _)).GetProperty("uuid").GetString(), Is.EqualTo(uuid));
    }

    [Test]
    public async Task ObserveOnly_SickGpuIsReserved_ACordonedOneIsNot()
    {
        using var node = new MockedNode { HealthKeys = "observe_only = true" };
        var (sick, cordoned) = (node.Uuid(Bad), node.Uuid(Bad + 1));
        var line = $"NVRM: Xid (PCI:{node.Address(Bad)}): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";

        var run = await node.RunAsync(
            node.Logs(line), "Launch", "SetConfig", "Fingerprint", $"Reserve={sick}",
            node.Runs("cordon", cordoned, "--reason", "RMA-9"), "Await=cordoned by root since", node.Runs("health", "list", "--json"),
            $"Reserve={cordoned}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.ToString()), Has.One.Items, run.Logs);
        Assert.That(run.Step("Reserve", 1).ErrorMessage, Does.Contain("RMA-9"));
        Assert.That(Described(run.Step("Fingerprint"))[sick], Does.StartWith("not withheld: XID 79: "));
        using var list = JsonDocument.Parse(Result(run.Step("Run", 1)).Output);
        Assert.That(list.RootElement.GetProperty("exceptions")[0].GetProperty("key").GetString(), Is.EqualTo("observe_only"));
        var gpu = list.RootElement.GetProperty("gpus").EnumerateArray().Single(one => one.GetProperty("uuid").GetString() == sick);
        Assert.That(gpu.GetProperty("state").GetString(), Is.EqualTo("reported"));
        Assert.That(gpu.GetProperty("causes")[0].GetProperty("withheld").GetBoolean(), Is.False);
    }

    [Test]
    public async Task Clear_EndsAPastXid_AlsoAfterARestart()
    {
        using var node = new MockedNode();
        var line = $"NVRM: Xid (PCI:{node.Address(Bad)}): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";

        var run = await node.RunAsync(
            node.Logs(line), "Launch", "SetConfig", "Fingerprint", node.Runs("health", "clear", "all"), "Await", "Kill",
            "Launch", "SetConfig", "Fingerprint", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(Described(run.Step("Fingerprint")).Single().Value, Does.StartWith("XID 79"));
        Assert.That(
            Result(run.Step("Run")).Output, Does.Contain($"{node.Uuid(Bad)}: cleared: XID 79: GPU has fallen off the bus"));
        Assert.That(Described(run.Step("Fingerprint", 1)), Is.Empty);
    }

    [Test]
    public async Task Cordon_WhatNamesNoGpu_IsRefused()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", "GPU-", "99", "--reason", "x"), "Kill",
            node.Runs("uncordon", "99"));

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run")).ExitCode, Is.EqualTo(1));
        Assert.That(run.Step("Run").Result.GetProperty("errors").GetString(), Does.Contain("names 8 GPUs"));
        Assert.That(Result(run.Step("Run", 1)).ExitCode, Is.EqualTo(1));
    }

    private static (int ExitCode, string Output) Result(GoHostStep step) =>
        (step.Result.GetProperty("exit_code").GetInt32(), step.Result.GetProperty("output").GetString()!);

    private static Dictionary<string, string> Described(GoHostStep step) => step.Result.GetProperty("device_group")
        .EnumerateArray().SelectMany(group => group.GetProperty("devices").EnumerateArray())
        .Where(device => device.TryGetProperty("health_description", out _))
        .ToDictionary(
            device => device.GetProperty("ID").GetString()!, device => device.GetProperty("health_description").GetString()!);
}

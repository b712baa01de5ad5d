using System.Diagnostics;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using DevicePlugin.Tests;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>A host that stops reading the plugin's stderr: the pipe is full, and whoever writes to it waits for ever.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class UnreadLogTests
{
    // Each is a log line of more than 2000 characters; together they are more than the pipe and the queue hold.
    private const int Refusals = 1000;

    [Test]
    public async Task StdErr_IsNotRead_ThePluginGoesOnAndEnds([Values("SIGTERM", "Shutdown")] string end)
    {
        await using var node = new HostileNode();
        await node.StartAsync();
        await node.UntilAsync(devices => devices.Count == 8);
        node.ReadsLog = false;
        await FloodAsync(node);

        // Everything that logs, and what waits for it.
        node.LogXid(79, 3);
        await node.UntilAsync(devices => devices.Any(device => device.ID == node.Uuid(3) && !device.Healthy));
        await node.Devices.ReserveAsync(new ReserveRequest { DeviceIds = { node.Uuid(0) } }).ResponseAsync.DefaultTimeout();
        using var stats = node.Devices.Stats(new StatsRequest { CollectionInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) });
        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);

        var ended = end == "SIGTERM" ? TerminateAsync(node) : node.Client.ShutdownAsync(CancellationToken.None);
        await ended.DefaultTimeout();
        Assert.That(await node.Client.Exited.DefaultTimeout(), Is.Zero, "it was not killed");
    }

    [Test]
    public async Task StdErr_IsReadAgain_SaysHowMuchIsMissingAndGoesOn()
    {
        await using var node = new HostileNode();
        await node.StartAsync();
        await node.UntilAsync(devices => devices.Count == 8);
        node.ReadsLog = false;
        await FloodAsync(node);

        node.ReadsLog = true;
        await Eventually.BecomesTrue(() => node.Count("lines of the log were dropped here") > 0);
        node.LogXid(79, 3);
        await Eventually.BecomesTrue(() => node.Count("XID 79") > 0);

        // A short line may find room between two long ones that do not: then there are several gaps.
        var dropped = node.Logs.Where(line => line.Message.Contains("were dropped here"))
            .Sum(line => long.Parse(line.Message.Split(' ')[0]));
        Assert.That(node.Count("A reservation is refused") + dropped, Is.AtLeast(Refusals), "each line is there or counted");
    }

    // The numbers 1 and 2 are free then, and belong to the next files that are opened.
    [TestCase("version", "2>&-", 0)]
    [TestCase("version", ">/dev/full", 1)]
    [TestCase("config example", ">/dev/full", 1)]
    [TestCase("fingerprint --scenario dgx-h100", ">/dev/full", 1)]
    [TestCase("stats --scenario dgx-h100 --count 1", ">/dev/full", 1)]
    [TestCase("doctor --scenario dgx-h100", ">/dev/full", 1)]
    [TestCase("version", ">/dev/full 2>/dev/full", 1)]
    [TestCase("no-such-command", "2>/dev/full", 2)]
    [TestCase("no-such-command", "2>&-", 2)]
    [TestCase("serve", ">/dev/full", 1)]
    [TestCase("serve", ">&-", 1)]
    [TestCase("serve", ">&- 2>&-", 1)]
    [TestCase("serve", ">&- 2>&- <&-", 1)]
    public async Task Streams_ClosedOrFull_AreAnExitCodeAndWherePossibleALine(string command, string streams, int exitCode)
    {
        var executable = PluginExecutable.FileName;
        var isServing = command is "serve";
        var (code, errors) = await RunAsync($"exec {executable} {(isServing ? "" : command)} {streams}", isServing);

        Assert.That(code, Is.EqualTo(exitCode), errors);
        if (exitCode == 1 && !streams.Contains("2>", StringComparison.Ordinal))
        {
            Assert.That(errors, Does.Contain("cannot be written").Or.Contain("is closed"));
        }
    }

    [Test]
    public async Task StdErr_Closed_NoFileGetsTheLog()
    {
        var executable = PluginExecutable.FileName;
        var start = ServeStart($"exec {executable} 2>&-");
        using var process = Process.Start(start)!;
        try
        {
            Assert.That(await process.StandardOutput.ReadLineAsync().DefaultTimeout(), Does.Contain("|unix|"));
            var flags = File.ReadLines($"/proc/{process.Id}/fdinfo/2").First(line => line.StartsWith("flags:", StringComparison.Ordinal));
            Assert.That((flags[^1] - '0') & 3, Is.Zero, "what has the number 2 cannot be written");
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task FloodAsync(HostileNode node)
    {
        for (var i = 0; i < Refusals; i++)
        {
            var request = new ReserveRequest
            {
                DeviceIds = { Enumerable.Range(0, 16).Select(n => $"GPU-{i}-{n}-{new string('x', 200)}") },
            };
            try
            {
                await node.Devices.ReserveAsync(request).ResponseAsync.DefaultTimeout();
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
            {
                // Refused, and logged.
            }
        }
    }

    private static async Task TerminateAsync(HostileNode node)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{node.ProcessId}"]);
        await kill.WaitForExitAsync();
    }

    private static ProcessStartInfo ServeStart(string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[NomadHandshake.Cookie.Key] = NomadHandshake.Cookie.Value;
        start.Environment["PLUGIN_PROTOCOL_VERSIONS"] = "2";
        return start;
    }

    private static async Task<(int Code, string Errors)> RunAsync(string line, bool isServing)
    {
        var start = ServeStart(line);
        if (!isServing)
        {
            start.Environment.Remove(NomadHandshake.Cookie.Key);
        }

        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync().DefaultTimeout();
            await output;
            return (process.ExitCode, await errors);
        }
        finally
        {
            process.Kill();
        }
    }
}

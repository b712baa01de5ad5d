using System.Collections.Immutable;
using System.Runtime.Versioning;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Mps;

/// <summary>A node whose sharing[0] shares its GPUs by MPS, and the keeper that the plugin has there.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MpsNode : IAsyncDisposable
{
    private readonly TestLogs _logs = new();
    private MpsKeeper _keeper;

    public MpsNode(bool manages = true)
    {
        Options = new MpsOptions
        {
            DriverRoot = Tools.DriverRoot,
            StateDirectory = Tools.StateDirectory,
            Manages = manages,
            // Longer than a busy machine takes to answer; a test of a daemon that is silent waits for less.
            AnswerLimit = TimeSpan.FromSeconds(20),
        };
        _keeper = CreateKeeper();
    }

    public MpsTools Tools { get; } = new();

    public TestLogs Logs => _logs;

    /// <summary>The GPUs of the node.</summary>
    public ImmutableArray<GpuDevice> Gpus { get; set; } = [TestGpus.Gpu(0), TestGpus.Gpu(1)];

    /// <summary>Those of them that the block names; null when no block names any.</summary>
    public Func<GpuDevice, bool>? Shared { get; set; } = _ => true;

    private MpsOptions Options { get; set; }

    /// <summary>What is wrong with each GPU after one refresh; null for a good one.</summary>
    public async Task<string?[]> RefreshAsync()
    {
        ImmutableArray<MpsBlock> blocks = Shared is null
            ? []
            : [new MpsBlock(
                0, [.. Gpus.Where(Shared).Select(gpu => new MpsGpu(gpu.Uuid, 20389, gpu.Facts.ComputeMode))],
                Tools.PipeDirectory(0), Tools.LogDirectory(0), 25)];
        var plan = new MpsPlan(blocks, [.. Gpus.Select(gpu => gpu.Uuid)]);
        var report = await _keeper.AttendAsync(plan, TestGpus.Report([.. Gpus]), CancellationToken.None).DefaultTimeout();
        return [.. report.Devices.Select(device => device.Fault?.Evidence)];
    }

    /// <summary>Refreshes until all is well, and then until it is not.</summary>
    public async Task RefreshUntilAsync(Func<string?[], bool> expected)
    {
        string?[] last = [];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do
        {
            Assert.That(limit.IsCancellationRequested, Is.False, $"last: {string.Join(" | ", last)}");
            last = await RefreshAsync();
        }
        while (!expected(last));
    }

    public Task BecomesGoodAsync() => RefreshUntilAsync(faults => faults.All(fault => fault is null));

    public Task BecomesBadAsync(string text) =>
        RefreshUntilAsync(faults => faults.Any(fault => fault?.Contains(text, StringComparison.Ordinal) == true));

    /// <summary>The plugin ends, and another one takes its place.</summary>
    public async Task RestartAsync(TimeSpan? answerLimit = null)
    {
        Options = Options with { AnswerLimit = answerLimit ?? Options.AnswerLimit };
        await _keeper.DisposeAsync();
        _keeper = CreateKeeper();
    }

    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync();
        Tools.Dispose();
        _logs.Dispose();
    }

    private MpsKeeper CreateKeeper() =>
        new(Options, TimeProvider.System, _logs.CreateLogger(nameof(MpsKeeper)), () => { });
}

using System.Text.Json;
using System.Threading.Channels;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Changes;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Hooks;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Gpu.Inventories;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.Hooks;

/// <summary>When the program runs, with what, and what is logged. What a run does is replaced.</summary>
internal sealed class ChangeHookTests : MonitorTests
{
    private const string Program = "/etc/nomad-device-gpu/on-change";

    private readonly Channel<(string Program, JsonElement Input, string Folder)> _runs =
        Channel.CreateUnbounded<(string, JsonElement, string)>();

    // The hook's own: nothing but its pauses sets timers of this clock.
    private readonly ObservedTimeProvider _time = new();

    private ToolResult _result = new(0, "");
    private readonly List<string> _former = [];
    private uint _owner;
    private TaskCompletionSource? _gate;
    private ConditionJournal _journal = null!;
    private ChangeHook _hook = null!;
    private int _running;

    [SetUp]
    public void SetUpHook()
    {
        _journal = new ConditionJournal(Monitor, Time);
        _hook = new ChangeHook(
            _journal, "node-7", _time, Logs.CreateLogger<ChangeHook>(),
            new HookParts(ReadStatus, RunAsync) { EndFormer = EndFormer });
        _hook.Configure(new ChangeHookOptions(Program, "/run/x"));
    }

    [TearDown]
    public async Task TearDownHook() => await _hook.DisposeAsync();

    [Test]
    public async Task Change_RunsTheProgramWithWhatChanged()
    {
        await using var stream = await StartAsync();

        Raise(1, 79);
        var (program, input, folder) = await NextAsync();

        Assert.That((program, folder), Is.EqualTo((Program, "/run/x")));
        Assert.That(input.GetProperty("schema_version").GetInt32(), Is.EqualTo(1));
        Assert.That(input.GetProperty("node").GetString(), Is.EqualTo("node-7"));
        Assert.That(input.GetProperty("simulated").GetBoolean(), Is.False);
        var device = input.GetProperty("devices").EnumerateArray().Single();
        Assert.That(
            device.EnumerateObject().Select(member => member.Name),
            Is.EqualTo(
            [
                "id", "gpu", "model", "board_serial", "pci_bus_id", "state", "withheld", "description", "cordon", "causes",
            ]));
        Assert.That(device.GetProperty("id").GetString(), Is.EqualTo(Gpu(1).Uuid));
        Assert.That(device.GetProperty("withheld").GetBoolean(), Is.True);
        Assert.That(device.GetProperty("cordon").ValueKind, Is.EqualTo(JsonValueKind.Null));
        var cause = device.GetProperty("causes").EnumerateArray().Single();
        Assert.That(cause.GetProperty("cause").GetString(), Is.EqualTo("xid"));
        Assert.That(cause.GetProperty("since").GetDateTimeOffset(), Is.EqualTo(Time.GetUtcNow()));
    }

    [Test]
    public async Task ChangesDuringARun_GoIntoTheNextOne_OneAtATime()
    {
        await using var stream = await StartAsync();
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Raise(0, 79);
        await NextAsync();

        Raise(1, 79);
        await stream.UntilAsync(inventory => inventory.Devices.All(device => !device.Health.IsUsable));
        Monitor.Health.Clear(Gpu(0).Uuid);
        Monitor.PublishAgain();
        Assert.That(_runs.Reader.TryRead(out _), Is.False, "the first one goes on");
        _gate.SetResult();

        Assert.That(Devices((await NextAsync()).Input), Is.EqualTo([(Gpu(0).Uuid, "healthy"), (Gpu(1).Uuid, "unhealthy")]));
    }

    [Test]
    public async Task MoreThanTenInAMinute_AreMergedIntoOneLaterRun()
    {
        await using var stream = await StartAsync();
        for (var i = 0; i < ChangeHook.MostRuns; i++)
        {
            Toggle(0, i);
            await NextAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Toggle(0, 10);
        Toggle(1, 10);
        var next = NextAsync();
        await _time.NextTimer();
        _time.Advance(TimeSpan.FromSeconds(49));
        Assert.That(next.IsCompleted, Is.False, "the first run began 59 s ago");
        Toggle(1, 11);
        Toggle(1, 12);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Devices((await next).Input), Is.EqualTo([(Gpu(0).Uuid, "unhealthy"), (Gpu(1).Uuid, "unhealthy")]));
    }

    [Test]
    public async Task ProgramOfAnother_IsNotRun_WithOneError()
    {
        Logs.ExpectErrors(entry => entry.EventId.Name == "HookNotTrusted");
        await using var stream = await StartAsync();
        _owner = 1000;
        Toggle(0, 0);
        await Logs.UntilNamedAsync("HookNotTrusted", 1);
        Toggle(0, 1);
        _owner = 0;
        Toggle(1, 0);
        await NextAsync();

        Assert.That(
            Logs.Named("HookNotTrusted").Single().Message,
            Does.Contain("\"/\" belongs to user 1000 and not to root"));
    }

    [Test]
    public async Task Failure_IsLoggedOnce_UntilARunSucceeds()
    {
        await using var stream = await StartAsync();
        _result = new ToolResult(3, "no token");
        Toggle(0, 0);
        await NextAsync();
        Toggle(0, 1);
        await NextAsync();
        _result = new ToolResult(0, "");
        Toggle(0, 2);
        await NextAsync();
        await Logs.UntilNamedAsync("HookRan", 1);
        Assert.That(Logs.Named("HookFailed").Single().Message, Does.Contain("failed: exit code 3: no token."));

        _result = new ToolResult(3, "no token");
        Toggle(0, 3);
        await NextAsync();
        await Logs.UntilNamedAsync("HookFailed", 2);
    }

    [Test]
    public async Task RunThatThrows_CostsOnlyItself()
    {
        await using var stream = await StartAsync();
        _gate = new TaskCompletionSource();
        _gate.SetException(new InvalidOperationException("broken"));
        Toggle(0, 0);
        await Logs.UntilNamedAsync("HookFailed", 1);

        _gate = null;
        _runs.Reader.TryRead(out _);
        Toggle(0, 1);
        Assert.That(Devices((await NextAsync()).Input), Is.EqualTo([(Gpu(0).Uuid, "healthy")]));
    }

    [Test]
    public async Task RunOfAFormerPlugin_IsEndedOnceAndBeforeTheFirst()
    {
        await using var stream = await StartAsync();
        await Logs.UntilNamedAsync("FormerHookEnded", 1);
        _hook.Configure(new ChangeHookOptions(Program, "/run/x"));
        Toggle(0, 0);
        await NextAsync();

        Assert.That(_former, Is.EqualTo(["/run/x"]));
        Assert.That(Logs.Named("FormerHookEnded").Single().Message, Does.Contain("(process 4711)"));
    }

    [Test]
    public async Task ProgramThatIsConfiguredLater_GetsNoOldChanges()
    {
        _hook.Configure(new ChangeHookOptions(null, "/run/x"));
        await using var stream = await StartAsync();
        Toggle(0, 0);
        _hook.Configure(new ChangeHookOptions(Program, "/run/x"));
        Toggle(1, 0);

        Assert.That(Devices((await NextAsync()).Input), Is.EqualTo([(Gpu(1).Uuid, "unhealthy")]));
    }

    private static List<(string?, string?)> Devices(JsonElement input) =>
    [
        .. input.GetProperty("devices").EnumerateArray().Select(
            device => (device.GetProperty("id").GetString(), device.GetProperty("state").GetString())),
    ];

    private int? EndFormer(ChangeHookOptions options)
    {
        _former.Add(options.Folder);
        return 4711;
    }

    private FileStatus? ReadStatus(string path) => new(1, path == Program ? 0x81ED : 0x41ED, _owner, 0, 0);

    private async Task<ToolResult> RunAsync(
        TrustedProgram program, ReadOnlyMemory<byte> input, ChangeHookOptions options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        Assert.That(Interlocked.Increment(ref _running), Is.EqualTo(1), "one at a time");
        try
        {
            var result = _result;
            using var document = JsonDocument.Parse(input);
            await _runs.Writer.WriteAsync((program.Path, document.RootElement.Clone(), options.Folder), cancellationToken);
            await (_gate?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
            return result;
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private void Toggle(int gpu, int time)
    {
        if (time % 2 == 0)
        {
            Monitor.Health.Record(new GpuEvent(GpuEventKind.Xid, Gpu(gpu).Uuid, 79));
        }
        else
        {
            Monitor.Health.Clear(Gpu(gpu).Uuid);
        }

        Monitor.PublishAgain();
    }

    private Task<(string Program, JsonElement Input, string Folder)> NextAsync() =>
        _runs.Reader.ReadAsync().AsTask().DefaultTimeout();

    private async Task<InventoryStream> StartAsync()
    {
        Configure(HealthPolicy.Default);
        var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        return stream;
    }
}

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;
using MockedProcess = DevicePlugin.FunctionalTests.Nvml.PluginProcess;
using Wire = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>A folder with every file of the node, and the executable on the mocked NVML that reads and writes them.</summary>
internal sealed class HostileNode : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hostile").FullName;
    private readonly string _healthy = File.ReadAllText(MockedProcess.BuiltIn("dgx-h100"));
    private readonly ConcurrentQueue<PluginLogLine> _logs = new();
    private readonly List<AsyncServerStreamingCall<FingerprintResponse>> _streams = [];
    private readonly ManualResetEventSlim _reads = new(initialState: true);
    private PluginClient? _client;

    public HostileNode()
    {
        File.WriteAllText(Locate("scenario.json"), _healthy);
        Directory.CreateDirectory(Locate("dev"));
        File.WriteAllText(Locate("dev/kmsg"), "");
    }

    public IReadOnlyCollection<PluginLogLine> Logs => _logs;

    public int ProcessId => Client.ProcessId;

    /// <summary>Whether the host reads what the plugin writes to stderr.</summary>
    public bool ReadsLog
    {
        set
        {
            if (value)
            {
                _reads.Set();
            }
            else
            {
                _reads.Reset();
            }
        }
    }

    public PluginClient Client => _client!;

    public Wire.DevicePluginClient Devices => new(Client.CallInvoker);

    public int Threads => Directory.GetDirectories($"/proc/{ProcessId}/task").Length;

    /// <summary>Open sockets, pipes, epoll and event descriptors. Files are not counted: the runtime opens assemblies when it needs them.</summary>
    public int Descriptors => Directory.GetFileSystemEntries($"/proc/{ProcessId}/fd")
        .Count(descriptor => new FileInfo(descriptor).LinkTarget is { } target && !target.StartsWith('/'));

    public string Locate(string name) => Path.Combine(_folder, name);

    public int Count(string text) => _logs.Count(line => line.Message.Contains(text, StringComparison.Ordinal));

    public string Uuid(int gpu) => _healthy.UuidOf(gpu);

    /// <summary>Starts the executable; ends the one before.</summary>
    /// <param name="umask">Of the process, in octal; null for that of the tests.</param>
    public async Task StartAsync(string? umask = null)
    {
        await EndAsync();
        _client = await MockedPlugin.StartAsync(Locate("scenario.json"), Config(), line =>
        {
            _reads.Wait();
            _logs.Enqueue(line);
        }, umask);
    }

    /// <summary>Reads a new Fingerprint stream until the devices are as expected.</summary>
    public async Task<IReadOnlyList<DetectedDevice>> UntilAsync(Func<IReadOnlyList<DetectedDevice>, bool> expected)
    {
        var call = Devices.Fingerprint(new FingerprintRequest());
        _streams.Add(call);
        while (true)
        {
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
            var devices = call.ResponseStream.Current.DeviceGroup.SelectMany(group => group.Devices).ToList();
            if (expected(devices))
            {
                return devices;
            }
        }
    }

    /// <summary>Shows that the inventory goes on: a GPU is lost and comes back.</summary>
    public async Task AssertFollowsAsync()
    {
        Play(MockScenario.WithGpu(_healthy, 5, "state", "reset_required"));
        await UntilAsync(devices => devices.Any(device => device.ID == Uuid(5) && device.HealthDescription.Contains("reset")));
        Play(_healthy);
        await UntilAsync(devices =>
            devices.Count == 8 && devices.All(device => !device.HealthDescription.Contains("requires a reset")));
    }

    /// <summary>Puts a line of the kernel about a GPU into its log.</summary>
    public void LogXid(int xid, int gpu)
    {
        var address = JsonNode.Parse(_healthy)!["gpus"]![gpu]!["pci"]!["bus_id"]!.GetValue<string>()[4..^2].ToLowerInvariant();
        File.AppendAllText(
            Locate("dev/kmsg"), $"4,1,1,-;NVRM: Xid (PCI:{address}): {xid}, pid='<unknown>', name=<unknown>, fault\n");
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public async Task EndAsync()
    {
        ReadsLog = true;
        foreach (var stream in _streams)
        {
            stream.Dispose();
        }

        _streams.Clear();
        if (_client is { } client)
        {
            await client.ShutdownAsync(CancellationToken.None);
            await client.DisposeAsync();
        }

        _client = null;
    }

    private void Play(string scenario)
    {
        File.WriteAllText(Locate("next.json"), scenario);
        File.Move(Locate("next.json"), Locate("scenario.json"), overwrite: true);
    }

    private string Config() => new JsonObject
    {
        ["nvml_library"] = MockedProcess.MockLibrary(),
        ["state_dir"] = Locate("state"),
        ["run_dir"] = Locate("run"),
        ["maintenance_file"] = Locate("maintenance"),
        ["dev_root"] = Locate("dev"),
        ["proc_root"] = Locate("proc"),
        ["driver_root"] = Locate("driver"),
        ["fingerprint_period"] = "1s",
        ["reserve"] = new JsonObject { ["cdi_spec_dir"] = Locate("cdi") },
    }.ToJsonString();
}

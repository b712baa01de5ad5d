using System.Runtime.Versioning;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Mps;

/// <summary>The executable on the mocked NVML, sharing GPUs by MPS.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MpsPlugin : IAsyncDisposable
{
    private readonly PluginClient _client;
    private readonly Nomad.Protocol.DevicePlugin.DevicePluginClient _devices;

    private MpsPlugin(PluginClient client)
    {
        _client = client;
        _devices = new Nomad.Protocol.DevicePlugin.DevicePluginClient(client.CallInvoker);
    }

    public static async Task<MpsPlugin> StartAsync(string config, string scenario, string? umask = null) =>
        new(await MockedPlugin.StartAsync(scenario, config, umask: umask));

    public Task ConfigureAsync(string config) => MockedPlugin.ConfigureAsync(_client, config);

    /// <summary>Reads a Fingerprint stream until the devices are as expected.</summary>
    public async Task<IReadOnlyList<DetectedDevice>> WaitForAsync(Func<IReadOnlyList<DetectedDevice>, bool> expected)
    {
        using var end = new CancellationTokenSource();
        using var call = _devices.Fingerprint(new FingerprintRequest(), cancellationToken: end.Token);
        while (true)
        {
            Assert.That(await call.ResponseStream.MoveNext(end.Token).DefaultTimeout(), Is.True);
            var devices = call.ResponseStream.Current.DeviceGroup.SelectMany(group => group.Devices).ToList();
            if (expected(devices))
            {
                await end.CancelAsync();
                return devices;
            }
        }
    }

    public Task<IReadOnlyList<DetectedDevice>> WaitUntilHealthyAsync() =>
        WaitForAsync(devices => devices.Count > 0 && devices.All(device => device.Healthy));

    public Task<IReadOnlyList<DetectedDevice>> WaitUntilUnhealthyAsync() =>
        WaitForAsync(devices => devices.Count > 0 && devices.All(device => !device.Healthy));

    /// <summary>What its standard streams and sockets are to the kernel.</summary>
    public IReadOnlyList<string?> OpenFiles => MpsTools.OpenFilesOf(_client.ProcessId);

    public async Task KillAsync()
    {
        MpsTools.Kill(_client.ProcessId);
        await _client.Exited.DefaultTimeout();
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}

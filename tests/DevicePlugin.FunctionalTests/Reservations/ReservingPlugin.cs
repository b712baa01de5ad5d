using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;
using Wire = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>The executable on the mock's node, up to its first inventory.</summary>
internal sealed class ReservingPlugin : IAsyncDisposable
{
    private readonly PluginClient _client;
    private readonly AsyncServerStreamingCall<FingerprintResponse> _fingerprint;

    private readonly HostRoot _host;

    private ReservingPlugin(HostRoot host, PluginClient client, AsyncServerStreamingCall<FingerprintResponse> fingerprint)
    {
        _host = host;
        _client = client;
        _fingerprint = fingerprint;
    }

    /// <summary>What Nomad was told last.</summary>
    public IReadOnlyList<DeviceGroup> Groups => _fingerprint.ResponseStream.Current.DeviceGroup;

    public IReadOnlyList<DetectedDevice> Devices => [.. Groups.SelectMany(group => group.Devices)];

    public IReadOnlyList<string> Ids => [.. Devices.Select(device => device.ID)];

    public DetectedDevice Device => Devices.Single();

    public static async Task<ReservingPlugin> StartAsync(HostRoot host, string reserve, bool isHealthJudged = true)
    {
        var client = await MockedPlugin.StartAsync(host.ScenarioPath, host.Configuration(reserve, isHealthJudged));
        var fingerprint = new Wire.DevicePluginClient(client.CallInvoker).Fingerprint(new FingerprintRequest());

        // The plugin itself takes up to 15 s for the first message, a machine under load included.
        Assert.That(await fingerprint.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        return new ReservingPlugin(host, client, fingerprint);
    }

    /// <summary>The next message of the stream.</summary>
    public async Task<DetectedDevice> NextAsync()
    {
        Assert.That(await _fingerprint.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        return Device;
    }

    /// <summary>CDI names that are given are those of a spec that is complete.</summary>
    public async Task<ContainerReservation> ReserveAsync(params string[] ids)
    {
        var reply = await new Wire.DevicePluginClient(_client.CallInvoker)
            .ReserveAsync(new ReserveRequest { DeviceIds = { ids } }).ResponseAsync.DefaultTimeout();
        foreach (var name in CdiNamesOf(reply.ContainerRes))
        {
            CdiRules.AssertResolves(_host.SpecPath, name);
        }

        return reply.ContainerRes;
    }

    /// <summary>The devices that a runtime would look for, in whichever form the reservation names them.</summary>
    public static IReadOnlyList<string> CdiNamesOf(ContainerReservation reservation)
    {
        const string Folder = "/var/run/nvidia-container-devices/cdi/";
        var variables = reservation.Envs
            .Where(pair => pair.Key is "NVIDIA_CDI_DEVICES" or "NVIDIA_VISIBLE_DEVICES")
            .SelectMany(pair => pair.Value.Split(',')).Where(word => word.Contains('='));

        // Vendor, class and name, as NVIDIA's runtime takes such a path apart.
        var mounts = reservation.Mounts
            .Where(mount => mount.HostPath == "/dev/null" && mount.TaskPath.StartsWith(Folder, StringComparison.Ordinal))
            .Select(mount => mount.TaskPath[Folder.Length..].Split('/', 3)).Select(parts => $"{parts[0]}/{parts[1]}={parts[2]}");
        return [.. variables, .. mounts];
    }

    /// <summary>Whatever a test did to the node, the spec is complete or absent soon, as a plugin that serves keeps it.</summary>
    public async ValueTask DisposeAsync()
    {
        await GoPlugin.Eventually.BecomesTrue(() => CdiRules.IsAbsentOrComplete(_host.SpecPath));
        if (File.Exists(_host.SpecPath))
        {
            CdiRules.AssertIsRight(_host.SpecPath);
        }

        _fingerprint.Dispose();
        await _client.ShutdownAsync(CancellationToken.None);
        await _client.DisposeAsync();
    }
}

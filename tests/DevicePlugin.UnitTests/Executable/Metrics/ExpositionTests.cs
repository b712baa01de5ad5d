using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics;
using DevicePlugin.Metrics.Allocations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Metrics;

internal sealed class ExpositionTests
{
    [Test]
    public async Task Uses_OfReplicas_HaveASeriesEachAndThoseOfOtherDevicesNone()
    {
        var gpu = TestGpus.Gpu(0);
        var devices = Enumerable.Range(0, 2)
            .Select(n => new InventoryDevice($"{gpu.Uuid}::{n}", gpu, DeviceHealth.Healthy));
        var sample = new StatisticsSample(
            DateTimeOffset.UnixEpoch, new Inventory(TestGpus.Report().Driver, [.. devices], isSimulated: false),
            new Dictionary<string, GpuReadings>(), new Dictionary<string, XidRecord>(),
            new Dictionary<string, CauseOccurrences>());
        DeviceUse[] uses = [Use($"{gpu.Uuid}::0", "train"), Use($"{gpu.Uuid}::1", "infer"), Use("GPU-elsewhere", "other")];

        var text = await ExposeAsync(exposition => exposition.AddUses(sample, uses, answers: true, "node-1"));

        const string Name = "nomad_device_gpu_allocation_info";
        Assert.That(text.Find(Name), Has.Length.EqualTo(2));
        Assert.That(text.Find(Name, ("replica_id", $"{gpu.Uuid}::0"), ("job", "train")), Has.Length.EqualTo(1));
        Assert.That(text.Find(Name, ("replica_id", $"{gpu.Uuid}::1"), ("job", "infer")), Has.Length.EqualTo(1));
        Assert.That(text.Find("nomad_device_gpu_nomad_up"), Is.EqualTo(new[] { 1.0 }));

        static DeviceUse Use(string device, string job) => new(device, $"alloc-{job}", "main", job, "default");
    }

    [Test]
    public async Task Exceptions_HaveASeriesEach()
    {
        var policy = new HealthPolicy { ReportOnly = ["xid", "flapping"], ObserveOnly = true };
        var text = await ExposeAsync(exposition => exposition.AddExceptions(policy.Exceptions));

        const string Name = "nomad_device_gpu_health_exception_info";
        Assert.That(text.Find(Name), Is.EqualTo(new[] { 1.0, 1.0, 1.0 }));
        Assert.That(text.Find(Name, ("key", "report_only"), ("value", "flapping")), Has.Length.EqualTo(1));
        Assert.That(text.Find(Name, ("key", "observe_only"), ("value", "true")), Has.Length.EqualTo(1));
    }

    private static async Task<ExpositionText> ExposeAsync(Action<Exposition> add)
    {
        var exposition = new Exposition();
        add(exposition);
        var stream = new MemoryStream();
        await exposition.WriteAsync(stream);
        return ExpositionText.Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }
}

using System.Text;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Metrics;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Metrics;

internal sealed class ExpositionTests
{
    [Test]
    public async Task Exceptions_HaveASeriesEach()
    {
        var exposition = new Exposition();
        exposition.AddExceptions(new HealthPolicy { ReportOnly = ["xid", "flapping"], ObserveOnly = true }.Exceptions);
        var stream = new MemoryStream();
        await exposition.WriteAsync(stream);
        var text = ExpositionText.Parse(Encoding.UTF8.GetString(stream.ToArray()));

        const string Name = "nomad_device_gpu_health_exception_info";
        Assert.That(text.Find(Name), Is.EqualTo(new[] { 1.0, 1.0, 1.0 }));
        Assert.That(text.Find(Name, ("key", "report_only"), ("value", "flapping")), Has.Length.EqualTo(1));
        Assert.That(text.Find(Name, ("key", "observe_only"), ("value", "true")), Has.Length.EqualTo(1));
    }
}

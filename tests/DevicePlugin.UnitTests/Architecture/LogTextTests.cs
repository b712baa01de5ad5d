using System.Reflection;
using DevicePlugin.Composition;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Nomad.Services;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Architecture;

/// <summary>What all log messages have in common.</summary>
internal sealed class LogTextTests
{
    private static IEnumerable<MethodInfo> Messages =>
        new[] { typeof(InventoryMonitor), typeof(NvmlBackend), typeof(DevicePluginService), typeof(GpuNode) }
            .SelectMany(type => type.Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null);

    [Test]
    public void Messages_NeverShowTheNamesOfEnums() => Assert.That(
        Messages.Where(method => method.GetParameters().Any(parameter =>
                (Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType).IsEnum))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}"),
        Is.Empty, "an operator reads words, not identifiers of the code");

    [Test]
    public void Messages_HaveAnEventIdEach()
    {
        var ids = Messages.Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()!.EventId).ToList();

        Assert.That(ids, Has.Count.GreaterThan(80));
        Assert.That(ids.GroupBy(id => id).Where(group => group.Count() > 1).Select(group => group.Key), Is.Empty);
    }
}

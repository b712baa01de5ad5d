using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Nomad.Protocol;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>An inventory as Nomad is told it.</summary>
public static class FingerprintMapper
{
    /// <summary>
    /// Groups that break Nomad's rules are left out and logged: one of them on the stream would take the whole plugin out
    /// until the agent restarts (client/devicemanager/instance.go).
    /// </summary>
    public static FingerprintResponse ToMessage(Inventory inventory, ILogger logger)
    {
        var message = new FingerprintResponse();
        foreach (var group in inventory.Groups)
        {
            var mapped = ToMessage(inventory, group);
            if (DeviceGroupRules.FindViolation(mapped) is { } violation)
            {
                logger.GroupLeftOut(group.Name, violation);
            }
            else
            {
                message.DeviceGroup.Add(mapped);
            }
        }

        return message;
    }

    private static DeviceGroup ToMessage(Inventory inventory, InventoryGroup group)
    {
        var message = new DeviceGroup
        {
            Vendor = DeviceIdentity.Vendor,
            DeviceType = DeviceIdentity.Type,
            DeviceName = group.Name,
        };
        message.Devices.AddRange(group.Devices.Select(ToMessage));
        var instances = group.Devices.Select(device => new AttributeSource(inventory, device)).ToList();
        var physical = WithoutRepetition(instances);
        foreach (var definition in AttributeTable.All)
        {
            if (definition.ReadGroup(definition.Merge == AttributeMerge.Sum ? instances : physical) is { } value)
            {
                message.Attributes.Add(definition.Name, value);
            }
        }

        return message;
    }

    // Replicas stand together and have the same attributes.
    private static List<AttributeSource> WithoutRepetition(List<AttributeSource> instances) =>
        [.. instances.Where((source, i) => i == 0 || !ReferenceEquals(instances[i - 1].Device, source.Device))];

    private static DetectedDevice ToMessage(InventoryDevice device) => new()
    {
        ID = device.Id,
        Healthy = device.Health.IsUsable,
        HealthDescription = device.Health.Description,
        HwLocality = device.Gpu.PciBusId is { } address ? new DeviceLocality { PciBusId = address } : null,
    };
}

using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>
/// The rules of Nomad's DeviceGroup.Validate (plugins/device/device.go) and Attribute.Validate
/// (plugins/shared/structs/attribute.go), and the two that Nomad does not check but depends on: ids are distinct, and
/// numbers are finite.
/// </summary>
public static class DeviceGroupRules
{
    /// <summary>plugins/shared/structs/units.go.</summary>
    private static readonly HashSet<string> Units =
    [
        "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
        "kB", "KB", "MB", "GB", "TB", "PB", "EB",
        "KiB/s", "MiB/s", "GiB/s", "TiB/s", "PiB/s", "EiB/s",
        "kB/s", "KB/s", "MB/s", "GB/s", "TB/s", "PB/s", "EB/s",
        "MHz", "GHz", "mW", "W", "kW", "MW", "GW",
    ];

    /// <summary>What the group breaks, in words; null when Nomad takes it.</summary>
    public static string? FindViolation(DeviceGroup group)
    {
        if (group.Vendor.Length == 0 || group.DeviceType.Length == 0 || group.DeviceName.Length == 0)
        {
            return "vendor, type and name must not be empty";
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var device in group.Devices)
        {
            if (device.ID.Length == 0)
            {
                return "a device has an empty id";
            }

            if (!ids.Add(device.ID))
            {
                return $"the device id \"{device.ID}\" occurs twice";
            }
        }

        return group.Attributes
            .Select(attribute => FindViolation(attribute.Key, attribute.Value))
            .FirstOrDefault(violation => violation is not null);
    }

    private static string? FindViolation(string name, Protocol.Attribute value) => value.ValueCase switch
    {
        Protocol.Attribute.ValueOneofCase.None => $"the attribute \"{name}\" has no value",
        Protocol.Attribute.ValueOneofCase.FloatVal when !double.IsFinite(value.FloatVal) =>
            $"the attribute \"{name}\" is {value.FloatVal}",
        Protocol.Attribute.ValueOneofCase.IntVal or Protocol.Attribute.ValueOneofCase.FloatVal
            when value.Unit.Length > 0 && !Units.Contains(value.Unit) =>
            $"the attribute \"{name}\" has the unit \"{value.Unit}\", which Nomad does not know",
        Protocol.Attribute.ValueOneofCase.StringVal or Protocol.Attribute.ValueOneofCase.BoolVal
            when value.Unit.Length > 0 =>
            $"the attribute \"{name}\" has a unit but is no number",
        _ => null,
    };
}

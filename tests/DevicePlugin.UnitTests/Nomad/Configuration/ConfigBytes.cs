using System.Buffers;
using System.Text;
using MessagePack;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

/// <summary>Configurations as bytes, from a fixture or written for one test.</summary>
internal static class ConfigBytes
{
    public static byte[] Fixture(string name) => File.ReadAllBytes(
        Path.Combine(TestContext.CurrentContext.TestDirectory, "Nomad", "Configuration", "Fixtures", name));

    public static byte[] Json(string json) => Encoding.UTF8.GetBytes(json);

    /// <summary>What cty would send for these values, numbers as integers or doubles.</summary>
    public static byte[] MessagePack(string json) => MessagePackSerializer.ConvertFromJson(json);

    public static byte[] Write(WriteAction write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    internal delegate void WriteAction(ref MessagePackWriter writer);
}

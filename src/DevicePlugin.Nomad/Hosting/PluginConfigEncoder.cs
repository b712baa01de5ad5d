using System.Buffers;
using System.Text.Json;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>Does for any plugin's schema what Nomad's agent does with the plugin block: hcldec, then cty's MessagePack.</summary>
public static class PluginConfigEncoder
{
    /// <summary>The bytes for SetConfig: one map with every attribute of the schema, nil for an absent optional one.</summary>
    /// <param name="schema">What the plugin answered to ConfigSchema.</param>
    /// <param name="config">
    /// An object with the block's attributes. A nested block is an object or an array of objects; a block with labels is
    /// an object for each label.
    /// </param>
    /// <exception cref="ConfigEncodingException">Unknown keys, wrong types, or a schema that cannot be read.</exception>
    public static byte[] Encode(Spec schema, JsonElement config)
    {
        var errors = new List<string>();
        var value = new SpecDecoder(errors).DecodeBody(schema, config, "config");
        if (errors.Count > 0)
        {
            throw new ConfigEncodingException(errors);
        }

        var buffer = new ArrayBufferWriter<byte>();
        CtyMessagePack.Write(buffer, value);
        return buffer.WrittenSpan.ToArray();
    }
}

using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad.Services;

/// <summary>
/// Makes the messages of one stream. One that cannot be made is left out and the stream goes on: its end would be that of
/// the devices. A fault that lasts is logged when it begins.
/// </summary>
internal sealed class MessageMaker(string stream, ILogger logger)
{
    private bool _isFailing;

    /// <summary>Null after a fault.</summary>
    public TMessage? Make<T, TMessage>(T told, Func<T, TMessage> make)
        where TMessage : class
    {
        try
        {
            var message = make(told);
            _isFailing = false;
            return message;
        }
        catch (Exception exception)
        {
            if (!_isFailing)
            {
                logger.MessageNotMade(stream, exception);
            }

            _isFailing = true;
            return null;
        }
    }
}

"""An access handler (docs/directives.md): who comes from elsewhere is refused before any other code of ours runs."""

import ipaddress

from mod_python import apache


def accesshandler(req):
    allowed = req.get_options()["guestbook.moderators_from"].split()
    client = ipaddress.ip_address(req.useragent_ip)
    if any(client in ipaddress.ip_network(network) for network in allowed):
        return apache.OK
    return apache.HTTP_FORBIDDEN

"""A harmless object for every directive that names one."""

from mod_python import apache


def declines(req):
    return apache.DECLINED


postreadrequesthandler = transhandler = headerparserhandler = inithandler = declines
accesshandler = authenhandler = authzhandler = typehandler = fixuphandler = declines
handler = loghandler = cleanuphandler = declines

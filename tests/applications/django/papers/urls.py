from django.urls import path

from papers import views

urlpatterns = [
    path("", views.index),
    path("papers/<int:pk>/", views.paper),
    path("count/", views.count),
    path("progress/", views.progress),
    path("broken/", views.broken),
]

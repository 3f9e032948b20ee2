; twin: parcels-domain
(define (domain parcels)
  (:requirements :strips :typing :action-costs)
  (:types place thing - object parcel van - thing)
  (:constants depot - place)
  (:predicates (at ?t - thing ?p - place) (in ?x - parcel ?v - van) (road ?a ?b - place))
  (:functions (total-cost) - number (length ?a ?b - place) - number)
  (:action drive
    :parameters (?v - van ?a ?b - place)
    :precondition (and (at ?v ?a) (road ?a ?b))
    :effect (and (not (at ?v ?a)) (at ?v ?b) (increase (total-cost) (length ?a ?b))))
  (:action load
    :parameters (?x - parcel ?v - van ?p - place)
    :precondition (and (at ?x ?p) (at ?v ?p))
    :effect (and (not (at ?x ?p)) (in ?x ?v) (increase (total-cost) 1)))
  (:action unload
    :parameters (?x - parcel ?v - van ?p - place)
    :precondition (and (in ?x ?v) (at ?v ?p))
    :effect (and (not (in ?x ?v)) (at ?x ?p) (increase (total-cost) 1)))
  (:action recall
    :parameters (?v - van)
    :precondition (and)
    :effect (and (at ?v depot) (increase (total-cost) 50))))
